"""Windows, freezes and the time to be done by, as the rollout file has them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from controller.windows.zones import moment

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
"""From when, and until when, not included; in UTC."""


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the week and a time of day. One that crosses midnight belongs to the day on which it
    begins."""

    text: str
    """As it is written."""
    days: frozenset[int]
    """Monday is 0."""
    opens: timedelta
    """Since midnight, as clocks show it."""
    closes: timedelta
    """Likewise; after `opens`, and beyond 24 hours where it crosses midnight."""
    zone: tzinfo = UTC

    def on(self, day: date) -> Span | None:
        """When it is open that begins on `day`; None: not at all."""
        if day.weekday() not in self.days:
            return None
        midnight = datetime.combine(day, time())
        begin = moment(midnight + self.opens, self.zone)
        end = moment(midnight + self.closes, self.zone)
        return (begin, end) if begin < end else None  # it may lie in an hour that is left out


@dataclass(frozen=True, slots=True)
class Freeze:
    """From when until when nothing is changed, whatever the windows say."""

    text: str
    begins: datetime
    """In UTC, like `ends`, which is not included."""
    ends: datetime

    def has(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class FinishBy:
    """When all has to be done: a time of day, and perhaps one day alone."""

    text: str
    at: timedelta
    """Since midnight, as clocks show it."""
    day: date | None = None
    """None: the next day on which clocks show it."""
    zone: tzinfo = UTC

    def after(self, at: datetime) -> datetime:
        """The moment that is meant by whoever begins at `at`; it may lie before, where the file
        names a day."""
        if self.day is not None:
            return self._on(self.day)
        today = at.astimezone(self.zone).date()
        days = (today + DAY * n for n in range(-1, 3))
        return next(end for day in days if (end := self._on(day)) > at)

    def _on(self, day: date) -> datetime:
        return moment(datetime.combine(day, time()) + self.at, self.zone)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When members may be taken up."""

    windows: tuple[Window, ...] = ()
    """None: at any time."""
    freezes: tuple[Freeze, ...] = ()
    finish_by: FinishBy | None = None
    zone: tzinfo = field(default=UTC)
    """In which times are told."""

    @property
    def is_unlimited(self) -> bool:
        return not (self.windows or self.freezes or self.finish_by)

"""What the windows leave of a run: how long members may be taken up, and how many fit."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.windows.calendar import Calendar
from controller.windows.opening import Opening, opening
from controller.windows.words import told


@dataclass(frozen=True, slots=True)
class Timetable:
    """The windows of one run."""

    calendar: Calendar
    finish_by: datetime | None
    """When all has to be done, as it was meant when the run began."""
    takes: timedelta
    """How long one member is expected to take."""
    is_measured: bool
    """Whether members took that long before; else it is what its timeouts allow."""

    def now(self, at: datetime) -> Opening:
        """What holds at `at`, `finish_by` included."""
        found, end = opening(self.calendar, at), self.finish_by
        if end is None or not found.is_open or (found.until is not None and found.until <= end):
            return found
        named = self.calendar.finish_by
        why = f"finish_by {named.text}" if named is not None else ""
        return Opening(at < end, end if at < end else self._after(end), why)

    def opens_after(self, at: datetime) -> datetime | None:
        """When members may be taken up once what holds at `at` is over; None: not within a year,
        or never."""
        found = self.now(at)
        if not found.is_open:
            return found.until
        return self._after(found.until) if found.until is not None else None

    def left(self, at: datetime) -> timedelta | None:
        """How long members may be taken up from `at` on; None: without end."""
        found = self.now(at)
        if not found.is_open:
            return timedelta(0)
        return found.until - at if found.until is not None else None

    def fit(self, at: datetime, at_once: int) -> int | None:
        """How many are done if the first are taken up at `at`; None: all."""
        left = self.left(at)
        if left is None or not self.takes:
            return None
        return left // self.takes * at_once

    def told(self, at: datetime) -> str:
        return told(at, self.calendar.zone)

    def _after(self, end: datetime) -> datetime | None:
        if self.finish_by is not None and end >= self.finish_by and self._is_one_day:
            return None
        found = opening(self.calendar, end)
        return end if found.is_open else found.until

    @property
    def _is_one_day(self) -> bool:
        named = self.calendar.finish_by
        return named is not None and named.day is not None

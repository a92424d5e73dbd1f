"""A MetricsSource in memory, which says what the test told it to say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from controller.core.gates.evidence import Alert, AlertRule, Freshness, Missing, Reading, Reduce
from controller.errors import MetricsRefused

_REDUCED: dict[Reduce, Callable[[Sequence[float]], float]] = {
    Reduce.MAX: max,
    Reduce.MIN: min,
    Reduce.SUM: sum,
    Reduce.AVG: lambda values: sum(values) / len(values),
}

ANY_RULE = AlertRule("Any", {"severity": "{{ $labels.severity }}"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One question that was put."""

    query: str
    at: datetime | None = None


class FakeMetricsSource:
    """Queries and selectors that nobody set answer NO_DATA, as a real server would.

    `asked` lists the questions of `read` and `freshness`, oldest first, but for the time.
    """

    def __init__(self, name: str = "http://metrics.test") -> None:
        self._name = name
        self._answers: dict[str, tuple[float, ...] | Missing | str] = {}
        self._ages: dict[str, tuple[timedelta, timedelta | None]] = {}
        self._firing: tuple[Alert, ...] = ()
        self._rules: tuple[AlertRule, ...] | None = None
        self._labels: dict[str, tuple[str, ...]] = {}
        self._outage: Missing | None = None
        self.wall: datetime | None = None
        """The server's clock, which a reading without `at` is of."""
        self.asked: list[Asked] = []
        self.is_closed = False

    def set(self, query: str, *values: float) -> None:
        """One value for each series; none for an empty answer."""
        self._answers[query] = values

    def lack(self, query: str, missing: Missing) -> None:
        self._answers[query] = missing

    def refuse(self, query: str, why: str) -> None:
        """As for a typo: MetricsRefused."""
        self._answers[query] = why

    def set_age(self, selector: str, age: timedelta, interval: timedelta | None) -> None:
        self._ages[selector] = (age, interval)

    def fire(self, *alerts: Alert) -> None:
        """These fire from now on, and no others."""
        self._firing = alerts

    def set_rules(self, *rules: AlertRule) -> None:
        """The alerting rules; until then, one for whatever could fire."""
        self._rules = rules

    def set_values(self, label: str, *values: str) -> None:
        """The values that a label has in the series."""
        self._labels[label] = values

    def fail(self, missing: Missing | None) -> None:
        """The whole server, until `fail(None)`."""
        self._outage = missing

    @property
    def name(self) -> str:
        return self._name

    def for_one_sample(self) -> Self:
        return self

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        reading = Reading(query, at=at or self.wall)
        if self._outage is not None:
            return _lacking(reading, self._outage)
        if query == "time()":
            return replace(reading, value=0.0, series=1)
        self.asked.append(Asked(query, at))
        match self._answers.get(query, ()):
            case str(why):
                raise MetricsRefused(self._name, query, why)
            case Missing() as missing:
                return _lacking(reading, missing)
            case ():
                return replace(_lacking(reading, Missing.NO_DATA), at=at)
            case (value,):
                return replace(reading, value=value, series=1)
            case values if reduce is None:
                return replace(_lacking(reading, Missing.TOO_MANY), series=len(values))
            case values:
                return replace(reading, value=_REDUCED[reduce](values), series=len(values))

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        self.asked.append(Asked(selector, at))
        if self._outage is not None:
            return Freshness(selector, missing=self._outage, words=f"fake: {self._outage}")
        if isinstance(why := self._answers.get(selector), str):
            raise MetricsRefused(self._name, selector, why)
        if selector not in self._ages:
            words = f"fake: {Missing.NO_DATA}"
            return Freshness(selector, missing=Missing.NO_DATA, words=words)
        age, interval = self._ages[selector]
        return Freshness(selector, age, interval, series=1)

    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        """Of what `set_age` was told about the whole query."""
        if query not in self._ages:
            return None
        return replace(await self.freshness(query, at=at), is_derived=True)

    async def alerts(self) -> Sequence[Alert] | Reading:
        if self._outage is not None:
            return _lacking(Reading("alerts"), self._outage)
        return self._firing

    async def rules(self) -> Sequence[AlertRule] | Reading:
        if self._outage is not None:
            return _lacking(Reading("rules"), self._outage)
        return self._rules if self._rules is not None else (ANY_RULE,)

    async def values(self, label: str) -> Sequence[str] | Reading:
        if self._outage is not None:
            return _lacking(Reading(label), self._outage)
        return self._labels.get(label, ())

    async def aclose(self) -> None:
        self.is_closed = True


def _lacking(reading: Reading, missing: Missing) -> Reading:
    return replace(reading, missing=missing, words=f"fake: {missing}")

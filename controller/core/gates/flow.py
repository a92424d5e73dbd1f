"""Flows: how many requests came to one backend, or one frontend, of one load balancer over time."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.pool import Counters, Incarnation, Instant
from controller.core.pool.copies import replace

POINT_EVERY: Final = timedelta(milliseconds=100)
KEEPS: Final = timedelta(seconds=5)
"""So much is kept from before a member was taken out."""
WATCHED: Final = timedelta(seconds=30)
"""What happens later than this after a member was taken out has other causes."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What came in a stretch of time."""

    errors: int = 0
    total: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.total / self.seconds if self.seconds > 0 else 0.0

    def __add__(self, other: "Stretch") -> "Stretch":
        """Both beside each other, over the same time."""
        seconds = max(self.seconds, other.seconds)
        return Stretch(self.errors + other.errors, self.total + other.total, seconds)


@dataclass(frozen=True, slots=True)
class Flow:
    """The counts of one place over the last while, as one incarnation reports them."""

    incarnation: Incarnation
    points: tuple[tuple[Instant, Counters], ...]
    """Never empty, oldest first."""
    rate: int | None = None
    """Requests in the last second, as the balancer counts them; None: not known."""

    @property
    def begins(self) -> Instant:
        return self.points[0][0]

    @property
    def ends(self) -> Instant:
        return self.points[-1][0]

    def noted(self, at: Instant, counters: Counters, rate: int | None, since: Instant) -> "Flow":
        """With one more reading; what is from before `since` is not needed any more."""
        last = self.points[-1]
        if counters.total < last[1].total:
            return Flow(self.incarnation, ((at, counters),), rate)  # it began anew
        points = self.points
        if len(points) > 1 and at - points[-2][0] < POINT_EVERY:
            points = points[:-1]
        first = max(0, bisect_right(points, since, key=lambda point: point[0]) - 1)
        return replace(self, points=(*points[first:], (at, counters)), rate=rate)

    def between(self, since: Instant, until: Instant) -> Stretch:
        """What came from `since` to `until`, as far as it was watched. Between two readings,
        requests are taken to come evenly."""
        begin, end = max(since, self.begins), min(until, self.ends)
        if end <= begin:
            return Stretch()
        first, last = self._at(begin), self._at(end)
        seconds = (end - begin).total_seconds()
        return Stretch(round(last[0] - first[0]), round(last[1] - first[1]), seconds)

    def _at(self, when: Instant) -> tuple[float, float]:
        """Errors and requests up to a moment within the time that was watched."""
        after = min(bisect_right(self.points, when, key=lambda one: one[0]), len(self.points) - 1)
        (then, low), (later, high) = self.points[after - 1], self.points[after]
        share = (when - then) / (later - then)
        return (
            low.errors + share * (high.errors - low.errors),
            low.total + share * (high.total - low.total),
        )

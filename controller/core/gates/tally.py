"""Counter totals that survive restarts of the load balancer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.core.pool import Counters, Incarnation
from controller.core.pool.copies import replace


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts summed up across restarts, like PromQL's `increase`.

    A counter of another incarnation, or one that has fallen, started again at zero.
    """

    sum: Counters = field(default_factory=Counters)
    """Zero also where nothing was ever counted: see `is_counted`."""
    last: Mapping[tuple[str, str], tuple[Incarnation, Counters]] = field(default_factory=dict)
    uncounted: frozenset[tuple[str, str]] = frozenset()
    """Places where nothing is counted: what the others count is not all."""

    @property
    def is_counted(self) -> bool:
        """Whether there was a reading, in every place."""
        return bool(self.last) and not self.uncounted

    def noted(
        self, place: tuple[str, str], incarnation: Incarnation, counters: Counters | None
    ) -> "Tally":
        """With one more reading. The first reading of a place adds nothing. None: nothing is
        counted there, so that the sum is not all."""
        if counters is None:
            if place in self.uncounted:
                return self
            kept = {one: reading for one, reading in self.last.items() if one != place}
            return replace(self, last=kept, uncounted=self.uncounted | {place})
        former = self.last.get(place)
        last = {**self.last, place: (incarnation, counters)}
        if former is None:
            return Tally(self.sum, last, self.uncounted - {place})
        base = former[1] if former[0].is_same(incarnation) else Counters()
        if counters.total < base.total or counters.errors < base.errors:
            base = Counters()
        more = Counters(counters.errors - base.errors, counters.total - base.total)
        return Tally(self.sum + more, last, self.uncounted)

"""Counter totals that survive the restarts of those who count."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.core.pool import Counters, Worker


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts summed up across the restarts of those who count.

    A counter that belongs to another worker, or that has fallen, began anew at zero.
    """

    sum: Counters = field(default_factory=Counters)
    last: Mapping[tuple[str, str], tuple[Worker, Counters]] = field(default_factory=dict)

    def noted(self, place: tuple[str, str], worker: Worker, counters: Counters) -> "Tally":
        """With one more reading. The first reading of a place adds nothing."""
        former = self.last.get(place)
        last = {**self.last, place: (worker, counters)}
        if former is None:
            return Tally(self.sum, last)
        base = former[1] if former[0].is_same(worker) else Counters()
        if counters.total < base.total or counters.errors < base.errors:
            base = Counters()
        more = Counters(counters.errors - base.errors, counters.total - base.total)
        return Tally(self.sum + more, last)

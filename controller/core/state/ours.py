"""Requests of our own among those that load balancers count: there, nothing tells them from users'.

So it is noted before each one is sent. What came beyond those that were sent so far was sent by
users, for sure; of the others nobody can say whose they were.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.pool import Counters, Instant
from controller.core.pool.copies import replace

TOGETHER: Final = timedelta(milliseconds=200)
"""Those within that time are noted as one."""

LATE: Final = timedelta(seconds=10)
"""One that hangs may be counted so much later than it was sent."""


@dataclass(frozen=True, slots=True)
class Ours:
    """All that were sent in this run, to whichever member."""

    total: int = 0
    failed: int = 0
    lately: tuple[tuple[Instant, int], ...] = ()
    """How many from when on, oldest first."""

    def sent(self, now: Instant, keep: timedelta) -> "Ours":
        """With one more. `keep`: how long ago it may matter when one was sent."""
        former = tuple(one for one in self.lately if now - one[0] <= keep)
        if former and now - former[-1][0] < TOGETHER:
            begun, count = former[-1]
            lately = (*former[:-1], (begun, count + 1))
        else:
            lately = (*former, (now, 1))
        return replace(self, total=self.total + 1, lately=lately)

    def between(self, since: Instant, until: Instant) -> int:
        """At most so many were sent then."""
        return sum(n for begun, n in self.lately if begun + TOGETHER > since and begun <= until)


def without(counts: Counters, ours: int) -> Counters:
    """What users have met, at the worst: all errors are theirs, and `ours` went well."""
    return Counters(counts.errors, max(counts.errors, counts.total - ours))

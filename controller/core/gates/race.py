"""A member's requests beside those of the other members, in batches, at one place.

The requests of a member are cut into small batches, and each batch is compared with what the others
took in the same time: a database that is slow now is slow for all. A batch ends with `BATCH`
requests, or sooner, as soon as it is sure to have been slow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.core.pool import Incarnation, Pace, Timing, together

BATCH: Final = 10
"""Requests of a batch, at most about that many: it ends with a look."""

OTHERS: Final = 20
"""Requests of the others from which on they are something to compare with."""

KEPT: Final = 20
"""Comparisons that count, the last ones: about ten seconds with two of them a second."""

PENDING: Final = 200
"""Batches that wait to be compared, at most; the oldest are let go."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Batches of the member, and the requests of the others meanwhile."""

    batches: tuple[Pace, ...]
    others: Pace


@dataclass(frozen=True, slots=True)
class Race:
    """What has come of it at one place since the member's return."""

    incarnation: Incarnation
    own: Timing
    """From where the batch under way counts."""
    others: Mapping[str, Timing]
    """From where the present comparison counts."""
    batches: tuple[Pace, ...] = ()
    """Not compared yet."""
    compared: tuple[Compared, ...] = ()

    def seen(self, own: Timing, slow: float | None) -> "Race":
        """After a look at the member. `slow`: from how many seconds on a batch is sure to be slow;
        None: not known yet."""
        pace = own.since(self.own)
        if pace is None:
            return self if own.requests >= self.own.requests else replace(self, own=own)
        if pace.requests < BATCH and (slow is None or pace.least <= slow):
            return self
        return replace(self, own=own, batches=(*self.batches, pace)[-PENDING:])

    def beside(self, others: Mapping[str, Timing]) -> "Race":
        """After a look at all of them."""
        paces = (
            now.since(self.others[name]) for name, now in others.items() if name in self.others
        )
        pace = together(one for one in paces if one is not None)
        if pace is None or pace.requests < OTHERS:
            return replace(self, others={**others, **_earlier(self.others, others)})
        done = (*self.compared, Compared(self.batches, pace))[-KEPT:] if self.batches else ()
        return replace(self, others=others, batches=(), compared=done or self.compared)


def _earlier(former: Mapping[str, Timing], now: Mapping[str, Timing]) -> dict[str, Timing]:
    """Those that are there still, and have not begun anew."""
    return {
        name: one
        for name, one in former.items()
        if name in now and now[name].requests >= one.requests
    }

"""How often members are looked at, and gates sampled."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from controller.core.gates.gate import Gate, TimingGate
from controller.core.gates.metrics import FAIL_FROM
from controller.core.pool import Instant

AT_ONCE: Final = timedelta(milliseconds=20)
CALM: Final = timedelta(milliseconds=250)

LATER: Final = 1.05
"""Of the time from which a verdict counts: the interval is measured, and not twice the same."""


def judging_pace(gates: Iterable[Gate]) -> timedelta:
    """The interval between two looks at a member that gates judge. Batches of requests are cut at
    looks."""
    paces = (gate.every / (10 if isinstance(gate, TimingGate) else 2) for gate in gates)
    return max(AT_ONCE, min([CALM, *paces]))


def next_sample(
    asked_at: Instant, regular: Instant, interval: timedelta | None, returns: Iterable[Instant]
) -> Instant:
    """When a gate on a metrics system is sampled after it was at `asked_at`: `regular`, or sooner
    when a member has come back (`returns`), and when what is said against it first counts.
    `interval`: between two scrapes, where known."""
    moments = [regular]
    for returned in returns:
        moments.append(returned)
        if interval is not None:
            moments.append(returned + interval * FAIL_FROM * LATER)
    return min(moment for moment in moments if moment > asked_at)

"""What a gate would see of a bad member, sample by sample, and when it would be acted upon.

Everything is at its latest: samples come late and show what was a while ago. What comes of it is
no forecast, it is a bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from controller.core.forecast.traffic import Traffic
from controller.core.gates.gate import AskedGate, CounterGate, Gate
from controller.core.gates.metrics import FAIL_FROM, PASS_FROM
from controller.core.gates.pace import judging_pace
from controller.core.settings import Policies

LATE: Final = timedelta(milliseconds=50)
"""A sample comes at most so much later than it is due: one tick of the loop, or the next look."""

ACT: Final = timedelta(milliseconds=100)
"""From a failing sample to the member's last request: a look at the whole pool, and the order to
every load balancer. Measured: 20 ms, and 100 ms on a machine with four times as much to do as it
can."""

CONFIRM: Final = timedelta(milliseconds=100)
"""Until the last answer has reached its user, and the order is read back."""

ANSWER: Final = timedelta(milliseconds=50)
"""What a metrics system takes to answer the queries of one sample."""

PHASES: Final = (0.5, 0.0, 0.25, 0.75, 0.9, 1.0)
"""After which part of a scrape interval the first scrape since a return comes: nobody knows."""

LOOKS: Final = 2_000
"""Samples that are followed at most; a gate that needs more is taken not to stop anything."""

NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Look:
    """One sample of a gate, at its latest."""

    seen: float
    """Requests of the member since its return that the sample knows of, at least."""
    sent: float
    """Requests that the member has had when it is out, if this sample takes it out."""
    shown: timedelta
    """What it knows is of so long after the return, at the latest."""
    over: timedelta
    """From the member's return to the last answer then."""


@dataclass(frozen=True, slots=True)
class Climb:
    """Requests at a member since its return: (until then, so many a second), the last for good."""

    stages: tuple[tuple[timedelta, float], ...]
    full: float

    def arrived(self, by: timedelta) -> float:
        """How many requests came in this time."""
        total, since = 0.0, NOTHING
        for until, rate in self.stages:
            if by <= until:
                break
            total, since = total + rate * (until - since).total_seconds(), until
        else:
            return total + self.full * max(NOTHING, by - since).total_seconds()
        return total + rate * max(NOTHING, by - since).total_seconds()

    @property
    def takes(self) -> timedelta:
        """Until full traffic."""
        return self.stages[-1][0] if self.stages else NOTHING


def fastest(policies: Policies, now: Traffic, patience: timedelta = NOTHING) -> Climb:
    """Each step of the ramp is held for its time and no longer: the most requests at any time.
    `patience`: how much longer, at the least, for want of a gate that says yes."""
    hold = policies.comeback.hold + patience
    return Climb(tuple((hold * n, rate) for n, rate in enumerate(now.steps, 1)), now.member)


def slowest(policies: Policies, now: Traffic, gate: Gate) -> Climb:
    """Each step is held for as long as it may be, while a gate does not say yes: the latest end.

    `gate` itself says yes or no once `min_requests` came; others may be silent for their `hold`.
    """
    hold, others = policies.comeback.hold, [one for one in policies.gates if one != gate]
    patience = max((one.hold for one in others), default=NOTHING)
    stages: list[tuple[timedelta, float]] = []
    until, total = NOTHING, 0.0
    for rate in now.steps:
        lacking = timedelta(seconds=max(0.0, gate.min_requests - total) / max(rate, 1e-6))
        is_counted = isinstance(gate, CounterGate)
        own = min(gate.hold, max(NOTHING, lacking - hold)) if is_counted else gate.hold
        stay = hold + max(patience, own) + gate.every + LATE + ACT
        until, total = until + stay, total + rate * stay.total_seconds()
        stages.append((until, rate))
    return Climb(tuple(stages), now.member)


def counted_looks(
    gate: CounterGate,
    policies: Policies,
    now: Traffic,
    climb: Climb,
    watched: timedelta,
    *,
    always_late: bool,
) -> Iterator[Look]:
    """Of a gate on the load balancer's own counters. `watched`: how long after the ramp;
    `always_late`: each sample puts off the next, or only the one that trips the gate is late. The
    one is later, the other may just miss what it needs."""
    late = min(LATE, judging_pace(policies.gates))
    period = gate.every + late if always_late else gate.every
    for number in range(1, LOOKS + 1):
        due = period * number
        if due > climb.takes + watched:
            return
        yield _look(climb, now, due - late, due + ACT + (NOTHING if always_late else late))


def scraped_looks(
    gate: AskedGate,
    interval: timedelta,
    phase: float,
    now: Traffic,
    climb: Climb,
    watched: timedelta,
) -> Iterator[Look]:
    """Of a gate on a metrics system that scrapes every `interval`, for the first time after `phase`
    of it. From two scrapes on they show what came since the return (PromQL extrapolates to the
    ends of its window); a fail counts from FAIL_FROM intervals on. Of several servers each may
    see its part alone.
    """
    asks = gate.every + ANSWER * now.together
    end = climb.takes + max(watched, interval * PASS_FROM)
    for scrape in range(1, LOOKS + 1):
        shown = interval * (scrape + phase)
        asked = max(shown, interval * FAIL_FROM) + asks
        if asked > end:
            return
        look = _look(climb, now, shown, asked + ANSWER + ACT)
        yield replace(look, seen=look.seen / gate.servers)


def _look(climb: Climb, now: Traffic, shown: timedelta, gone: timedelta) -> Look:
    """A request counts when it is answered, and one that is under way is lost as well."""
    over = gone + now.takes + CONFIRM
    return Look(climb.arrived(shown - now.takes), climb.arrived(gone), shown, over)

"""Worst-case sampling: what a gate sees of a bad member in each sample, and when poolroll acts.

Every delay is taken at its worst, so the result is an upper bound, not an estimate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.forecast.traffic import Traffic
from controller.core.gates.gate import AskedGate, CounterGate, Gate, SeenGate
from controller.core.gates.metrics import FAIL_FROM, PASS_FROM
from controller.core.gates.pace import judging_pace
from controller.core.pool.copies import replace
from controller.core.settings import Policies

LATE: Final = timedelta(milliseconds=50)
"""How late a sample is at most: one tick of the loop, or the next look."""

ACT: Final = timedelta(milliseconds=100)
"""From a failing sample to the member's last request: a look at the whole pool, and a command to
every load balancer. Measured: 20 ms, and 100 ms on a machine at four times its capacity."""

CONFIRM: Final = timedelta(milliseconds=100)
"""Until the last answer has reached its user, and the setting is read back."""

ANSWER: Final = timedelta(milliseconds=50)
"""Time of a metrics system to answer the queries of one sample."""

PHASES: Final = (0.5, 0.0, 0.25, 0.75, 0.9, 1.0)
"""Parts of a scrape interval from a return to the first scrape: unknown, so all are tried."""

LOOKS: Final = 2_000
"""Samples considered at most; a gate that needs more is assumed to stop nothing."""

NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Look:
    """One sample of a gate, at its latest."""

    seen: float
    """Requests of the member since its return that the sample includes, at least."""
    sent: float
    """Requests sent to the member until it is out, if this sample takes it out."""
    shown: timedelta
    """Time after the return that the sample covers, at the latest."""
    over: timedelta
    """From the member's return to its last answer, if this sample takes it out."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Arrival rate of requests at a member since its return: (until, rate), then `full`."""

    stages: tuple[tuple[timedelta, float], ...]
    full: float

    def arrived(self, by: timedelta) -> float:
        """Requests until then."""
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
        """Time until full traffic."""
        return self.stages[-1][0] if self.stages else NOTHING


def fastest(policies: Policies, now: Traffic, patience: timedelta = NOTHING) -> Arrivals:
    """The shortest ramp: each step takes only its time, so the most requests arrive.

    `patience`: how much longer each step takes at least, because no gate passes.
    """
    hold = policies.comeback.hold + patience
    return Arrivals(tuple((hold * n, rate) for n, rate in enumerate(now.steps, 1)), now.member)


def slowest(policies: Policies, now: Traffic, gate: Gate) -> Arrivals:
    """The longest ramp: each step lasts as long as gates without a verdict can hold it.

    `gate` itself has a verdict after `min_requests`; others may be inconclusive for their `hold`.
    """
    hold, others = policies.comeback.hold, [one for one in policies.gates if one != gate]
    patience = max((one.hold for one in others), default=NOTHING)
    stages: list[tuple[timedelta, float]] = []
    until, total = NOTHING, 0.0
    for rate in now.steps:
        lacking = timedelta(seconds=max(0.0, gate.min_requests - total) / max(rate, 1e-6))
        is_counted = isinstance(gate, SeenGate)
        own = min(gate.hold, max(NOTHING, lacking - hold)) if is_counted else gate.hold
        stay = hold + max(patience, own) + gate.every + LATE + ACT
        until, total = until + stay, total + rate * stay.total_seconds()
        stages.append((until, rate))
    return Arrivals(tuple(stages), now.member)


def counted_looks(
    gate: CounterGate,
    policies: Policies,
    now: Traffic,
    arrivals: Arrivals,
    watched: timedelta,
    *,
    always_late: bool,
) -> Iterator[Look]:
    """Samples of a gate on counters.

    `watched`: how long after the ramp. `always_late`: every sample is late and delays the next, or
    only the one that trips the gate is late. The first ends later, the second may just miss the
    errors it needs.
    """
    late = min(LATE, judging_pace(policies.gates))
    period = gate.every + late if always_late else gate.every
    for number in range(1, LOOKS + 1):
        due = period * number
        if due > arrivals.takes + watched:
            return
        yield _look(arrivals, now, due - late, due + ACT + (NOTHING if always_late else late))


def scraped_looks(
    gate: AskedGate,
    interval: timedelta,
    phase: float,
    now: Traffic,
    arrivals: Arrivals,
    watched: timedelta,
) -> Iterator[Look]:
    """Samples of a gate on a metrics system scraped every `interval`, first after `phase` of it.

    From two scrapes on they show the requests since the return (PromQL extrapolates to the ends of
    its window); a fail counts from FAIL_FROM intervals on. Of several servers, each may see only
    its share.
    """
    asks = gate.every + ANSWER * now.together
    end = arrivals.takes + max(watched, interval * PASS_FROM)
    for scrape in range(1, LOOKS + 1):
        shown = interval * (scrape + phase)
        asked = max(shown, interval * FAIL_FROM) + asks
        if asked > end:
            return
        look = _look(arrivals, now, shown, asked + ANSWER + ACT)
        yield replace(look, seen=look.seen / gate.servers)


def _look(arrivals: Arrivals, now: Traffic, shown: timedelta, gone: timedelta) -> Look:
    """A request is counted when it is answered, and requests in flight are lost as well."""
    over = gone + now.takes + CONFIRM
    return Look(arrivals.arrived(shown - now.takes), arrivals.arrived(gone), shown, over)

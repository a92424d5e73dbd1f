"""What is at stake: at today's traffic, at most how many requests of users fail before a gate stops
a bad version, and for how long.

A gate is followed sample by sample, at the times at which it would look, through every number of
errors that chance may bring. What comes out is a bound that holds in at least CERTAINTY of all
rollouts; requests are taken to arrive evenly, at the rate measured, shared out by weight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from math import exp, floor, lgamma, log, log1p, sqrt
from typing import Final

from controller.core.metric_gate import FAIL_FROM, PASS_FROM, UNKNOWN_INTERVAL
from controller.core.outlook import Traffic
from controller.core.settings import Gate, Policies, Scope, Test
from controller.core.statistics import is_unexplained

CERTAINTY: Final = 0.98

SLIP: Final = (1 - CERTAINTY) / 2
"""How likely a bad version may get past a gate that is still said to stop it."""

ACT: Final = timedelta(milliseconds=100)
"""From a failing sample to the member's last request: one tick of the loop, a look at the whole
pool, and the order to every load balancer, on a machine that is not overloaded."""

LOOKS: Final = 2_000
"""Samples that are followed at most; a gate that needs more is taken not to stop anything."""

WIDEST: Final = 400
"""Numbers of errors that are followed at most, none of which has tripped the gate."""


Chances = Mapping[int, float]
"""Number of errors → how likely."""


@dataclass(frozen=True, slots=True)
class Stop:
    """When one gate stops one bad member, at the latest."""

    errors: int
    after: timedelta


@dataclass(frozen=True, slots=True)
class Loss:
    """What users lose at most, when v2 fails the share `ratio` of its requests."""

    ratio: float
    gate: str | None = None
    """The gate that stops it first; None: nothing does before the end of the rollout."""
    requests: int | None = None
    """How many fail, at most; None: without a bound."""
    duration: timedelta | None = None
    """From the first to the last of them, at most; None: until the end of the rollout."""
    per_second: float = 0.0
    """How many may fail in each second at the worst."""


def stake(
    policies: Policies, now: Traffic, ratio: float, intervals: Mapping[str, timedelta] | None = None
) -> Loss:
    """The bound by the gate that stops a version first which fails `ratio` of its requests.

    `intervals`: gate → its metrics system's scrape interval, where it is known.
    """
    worst = ratio * min(now.pool, now.member * now.together)
    if now.pool <= 0:
        return Loss(ratio, requests=0, duration=timedelta(0))
    best: tuple[Stop, str] | None = None
    for gate in policies.gates:
        interval = (intervals or {}).get(gate.name, UNKNOWN_INTERVAL)
        found = stop(gate, policies, now, ratio, interval)
        if found is not None and (best is None or found.errors < best[0].errors):
            best = found, gate.name
    if best is None:
        return Loss(ratio, per_second=ratio * now.pool)
    first, name = best
    return Loss(ratio, name, first.errors * now.together, first.after, worst)


def stop(
    gate: Gate, policies: Policies, now: Traffic, ratio: float, interval: timedelta
) -> Stop | None:
    """When `gate` stops a member that fails `ratio` of its requests; None: not for certain.

    What an alert fires on is not known here, nor what a query without a limit in percent means;
    nor is a metrics system's view of the pool, which others may be part of.
    """
    needed = _errors_needed(gate)
    if needed is None or (gate.scope is Scope.POOL and not gate.is_counted):
        return None
    rate, share, watched, history = now.member, ratio, policies.soak, 0
    if gate.scope is Scope.POOL:
        rate, share = now.pool, ratio * now.member / now.pool
        watched, history = min(policies.soak, gate.window), _arrived(now.pool, gate.window)
        if not _points_at_the_member(gate, needed(history), now.member / now.pool):
            return None
    elif not gate.is_counted:
        watched = max(policies.soak, interval * PASS_FROM) - interval * FAIL_FROM
    found = _followed(gate.every, watched, rate, share, needed, history)
    if found is None and share >= 1 and gate.is_counted:
        found = _held(gate, policies, rate, needed)
    if found is None:
        return None
    chances, latest = found
    lag = _lag(gate, interval) + gate.every * (gate.failures - 1)
    more = _binomial(_arrived(rate, lag) + 1, share)
    errors = _quantile(_joined(chances, more), CERTAINTY)
    return Stop(errors, latest + lag + policies.comeback.hold * len(policies.comeback.ramp))


def _points_at_the_member(gate: Gate, errors: int, share: float) -> bool:
    """A pool gate takes a member out only when chance would not put all the errors on it."""
    return bool(share**errors <= 1 - gate.confidence)


def _held(
    gate: Gate, policies: Policies, rate: float, needed: Callable[[int], int]
) -> tuple[Chances, timedelta] | None:
    """Where every request fails there is no pass: the soak lasts as long as the gate is
    inconclusive, at most `hold` longer, and the gate trips in that time or not at all."""
    most = gate.min_requests + gate.min_errors + WIDEST
    trips_at = next((n for n in range(1, most) if needed(n) <= n), None)
    if trips_at is None:
        return None
    latest = timedelta(seconds=trips_at / rate) + gate.every
    return ({trips_at: 1.0}, latest) if latest <= policies.soak + gate.hold else None


def _errors_needed(gate: Gate) -> Callable[[int], int] | None:
    """Number of requests → errors from which on the gate fails; None: it cannot be foretold."""
    if gate.alerts is not None:
        return None
    maximum, counts = gate.maximum, gate.test is Test.EXACT
    if gate.metric is not None:
        if gate.metric.maximum is None or not gate.metric.is_ratio:
            return None
        maximum, counts = gate.metric.maximum, bool(gate.metric.errors)
    few = gate.min_requests if gate.is_counted or (gate.metric and gate.metric.traffic) else 1

    def bare(total: int) -> int:
        return total + 1 if total < few else floor(total * maximum) + 1

    def exact(total: int) -> int:
        if total < gate.min_errors:
            return total + 1
        errors = max(gate.min_errors, floor(total * maximum))
        while errors <= total and not is_unexplained(
            errors, total, maximum, confidence=gate.confidence, min_errors=gate.min_errors
        ):
            errors += 1
        return errors

    return exact if counts else bare


def _lag(gate: Gate, interval: timedelta) -> timedelta:
    """From what users meet to the last request of the member, the wait for the sample left out.

    A balancer's counters are as old as the last look. A scraped counter is as old as the last
    scrape, and shows a rate only from the second one on.
    """
    if gate.is_counted:
        pace = max(timedelta(milliseconds=20), min(gate.every / 2, timedelta(milliseconds=250)))
        return pace + ACT
    return interval * FAIL_FROM + ACT


def _followed(
    every: timedelta,
    watched: timedelta,
    rate: float,
    ratio: float,
    needed: Callable[[int], int],
    history: int,
) -> tuple[Chances, timedelta] | None:
    """Errors when the gate trips, and the sample by which it has with certainty; None when it may
    not have by the end of `watched`. `history`: requests without an error that it counts too."""
    looks = min(LOOKS, int(watched / every))
    open_: dict[int, float] = {0: 1.0}
    tripped: dict[int, float] = {}
    seen = 0
    for look in range(1, looks + 1):
        total = _arrived(rate, every * look)
        if total == seen:
            continue
        limit = needed(max(total, history))
        after = _joined(open_, _binomial(total - seen, ratio))
        open_ = {errors: chance for errors, chance in after.items() if errors < limit}
        for errors, chance in after.items():
            if errors >= limit:
                tripped[errors] = tripped.get(errors, 0.0) + chance
        seen = total
        if sum(open_.values()) <= SLIP:
            return tripped, every * look
        if len(open_) > WIDEST:
            return None
    return None


def _arrived(rate: float, during: timedelta) -> int:
    return floor(rate * during.total_seconds() + 1e-9)


def _binomial(total: int, ratio: float) -> Chances:
    """How many of `total` fail, but for chances beyond any doubt."""
    if ratio >= 1 or ratio <= 0:
        return {total if ratio >= 1 else 0: 1.0}
    wide = 8 * sqrt(total * ratio * (1 - ratio)) + 8
    first, last = max(0, floor(total * ratio - wide)), min(total, floor(total * ratio + wide))
    whole = lgamma(total + 1)
    return {
        k: exp(
            whole
            - lgamma(k + 1)
            - lgamma(total - k + 1)
            + k * log(ratio)
            + (total - k) * log1p(-ratio)
        )
        for k in range(first, last + 1)
    }


def _joined(some: Chances, more: Chances) -> dict[int, float]:
    """The sum of two independent numbers."""
    both: dict[int, float] = {}
    for a, chance in some.items():
        for b, other in more.items():
            both[a + b] = both.get(a + b, 0.0) + chance * other
    return both


def _quantile(chances: Chances, share: float) -> int:
    """The least number that `share` of all cases do not go beyond."""
    so_far = accumulate(chances[number] for number in sorted(chances))
    enough = (n for n, sum_ in zip(sorted(chances), so_far, strict=True) if sum_ >= share)
    return next(enough, max(chances))

"""Blast radius: at most how many requests fail before a gate stops a bad version, and for how long.

Each gate is simulated sample by sample, at the latest times, over all numbers of errors. The
result is an upper bound that holds in at least CERTAINTY of all rollouts at the measured rate,
however late samples and commands are.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil, floor, sqrt
from typing import Final

from controller.core.forecast.distributions import NONE, Chances, failing, joined, mixed, quantile
from controller.core.forecast.sampling import (
    PHASES,
    Arrivals,
    Look,
    counted_looks,
    fastest,
    scraped_looks,
    slowest,
)
from controller.core.forecast.thresholds import (
    SPARE,
    Needed,
    Unpredictable,
    Window,
    errors_needed,
    window_of,
)
from controller.core.forecast.traffic import Traffic
from controller.core.gates.gate import CounterGate, Scope, judging_errors
from controller.core.gates.gate import ErrorGate as Gate
from controller.core.gates.metrics import UNKNOWN_INTERVAL
from controller.core.gates.statistics import is_worse
from controller.core.settings import Policies

CERTAINTY: Final = 0.995

FEWER: Final = (0.85, 0.7, 0.6, 0.5)
"""Shares of the measured traffic for which the bound holds too: with more traffic a gate may have
enough evidence one sample earlier, and the rate is never exactly as measured."""

SMOOTH: Final = 10
"""Number of samples from which on one more hardly matters."""

SLIP: Final = (1 - CERTAINTY) / 2
"""Allowed probability that a bad version passes a gate that is said to stop it."""

WIDEST: Final = 400
"""Numbers of errors considered at most, among cases that have not tripped the gate."""

WATCHED: Final = 4
"""Members in progress considered at most; the others are assumed not to trip the gate."""

UNLIKELY: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Stop:
    """When one gate stops a bad version, at the latest."""

    errors: int
    """Of all members in progress together."""
    after: timedelta
    likely: tuple[int, timedelta]
    """Both, as the median."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Failed requests at most, when the new version fails the share `ratio` of its requests."""

    ratio: float
    gate: str | None = None
    """The gate that stops it first; None: none is certain to."""
    requests: int | None = None
    """How many fail, at most; None: no bound."""
    duration: timedelta | None = None
    """From the first to the last of them, at most; None: until the end of the rollout."""
    likely: tuple[int, timedelta] | None = None
    """Requests and duration, as the median."""
    per_second: float = 0.0
    """How many may fail per second at most; without a bound, once all members are upgraded."""
    at_first: float = 0.0
    """The same while only the first members are upgraded."""
    why: tuple[str, ...] = ()
    """Without a bound: for each gate, why it may not stop it."""
    assumed: timedelta | None = None
    """The assumed scrape interval of the gate's metrics system, where it is not known."""


def stake(
    policies: Policies, now: Traffic, ratio: float, intervals: Mapping[str, timedelta] | None = None
) -> Loss:
    """The bound for a version that fails `ratio` of its requests, by the gate that stops it first.
    `intervals`: gate → its metrics system's scrape interval, where it is known."""
    if now.pool <= 0:
        return Loss(ratio, requests=0, duration=timedelta(0))
    worst = now.failing(ratio)
    first = ratio * min(worst.pool, worst.member * worst.together)
    best: tuple[Stop, Gate] | None = None
    why: list[str] = []
    for gate in judging_errors(policies.gates):
        interval = (intervals or {}).get(gate.name, UNKNOWN_INTERVAL)
        try:
            found = _stop_at_most(gate, policies, worst, ratio, interval)
        except Unpredictable as unpredictable:
            why.append(str(unpredictable))
            continue
        if best is None or found.errors < best[0].errors:
            best = found, gate
    if best is None:
        return Loss(ratio, per_second=ratio * now.pool, at_first=first, why=tuple(why))
    found, gate = best
    is_known = isinstance(gate, CounterGate) or gate.name in (intervals or {})
    assumed = None if is_known else UNKNOWN_INTERVAL
    return Loss(
        ratio,
        gate.name,
        found.errors,
        found.after,
        found.likely,
        per_second=first,
        at_first=first,
        assumed=assumed,
    )


def _stop_at_most(
    gate: Gate, policies: Policies, now: Traffic, ratio: float, interval: timedelta
) -> Stop:
    """Raises Unpredictable."""
    found = stop(gate, policies, now, ratio, interval)
    if found.after > gate.every * SMOOTH and isinstance(gate, CounterGate):
        return found
    errors = found.errors
    for share in FEWER:
        with suppress(Unpredictable):
            fewer = stop(gate, policies, now.scaled(share), ratio, interval)
            errors = max(errors, fewer.errors)
    return replace(found, errors=errors)


def stop(gate: Gate, policies: Policies, now: Traffic, ratio: float, interval: timedelta) -> Stop:
    """When `gate` stops a member that fails `ratio` of its requests.

    Raises Unpredictable where it may not stop it, or where the time is not known.
    """
    window, needed = window_of(gate), errors_needed(gate)
    # Where every request fails, a member gate never passes, and steps and soak last longer.
    patience = gate.hold if ratio >= 1 and gate.scope is Scope.MEMBER else timedelta(0)
    watched = policies.soak + patience
    ramps = [fastest(policies, now, patience)]
    if now.steps:
        ramps.append(slowest(policies, now, gate))
    stops = []
    for arrivals in ramps:
        for looks in _looks(gate, interval, policies, now, arrivals, watched):
            within = (look for look in looks if window.least is None or look.shown <= window.least)
            stops.append(_Detection(gate, now, ratio, needed, window).simulated(within))
    after = max(one.after for one in stops)
    if gate.scope is Scope.POOL and now.together > 1:
        after = stop(gate, policies, replace(now, together=1), ratio, interval).after
    return Stop(max(one.errors for one in stops), after, stops[0].likely)


def _looks(
    gate: Gate,
    interval: timedelta,
    policies: Policies,
    now: Traffic,
    arrivals: Arrivals,
    watched: timedelta,
) -> Iterator[Iterator[Look]]:
    """Every way in which its samples may be timed; the likely one comes first."""
    if isinstance(gate, CounterGate):
        for always_late in (True, False):
            yield counted_looks(gate, policies, now, arrivals, watched, always_late=always_late)
        return
    for phase in PHASES:
        yield scraped_looks(gate, interval, phase, now, arrivals, watched)


class _Detection:
    """How one gate detects one bad version.

    `simulated` keeps two distributions of the errors seen so far: of the cases in which the gate
    has not tripped yet (by failing samples in a row), and of those that trip it at this sample.

    With several members in progress, the first one that trips the gate ends it for all. `_lost`
    then needs the errors of all of them in the cases "none tripped before this sample, at least one
    trips now". That is all cases in which none tripped before, minus those in which none trips now
    either (inclusion-exclusion). Example: two members, each without errors with probability 0.4 at
    this sample and tripped by 3 errors with probability 0.6:

        none tripped before: {0: 0.4, 3: 0.6} twice, added up:  {0: 0.16, 3: 0.48, 6: 0.36}
        none trips now:      {0: 0.4} twice, added up:          {0: 0.16}
        the difference:                                         {3: 0.48, 6: 0.36}

    The second row enters with negative weights, which cancel exactly. The rest sums to 0.84, the
    probability that at least one of the two trips now.
    """

    def __init__(
        self, gate: Gate, now: Traffic, ratio: float, needed: Needed, window: Window
    ) -> None:
        self._gate, self._now, self._ratio, self._needed = gate, now, ratio, needed
        self._is_pool = gate.scope is Scope.POOL
        self._summed = now.together if self._is_pool else 1
        """Members whose errors the gate sees as one sum."""
        self._watched = 1 if self._is_pool else min(WATCHED, now.together)
        """Members each of which may trip it, which stops all members in progress."""
        self._spread = min(1.0, now.together * now.member / now.pool)
        """Variance over mean of the arrivals: round robin gives all members many or few at once."""
        before = timedelta(0) if window.before is None else window.before
        rate = now.pool if self._is_pool else now.member
        self._before = rate * before.total_seconds()
        """Requests before the return, without errors, that the gate counts too."""

    def simulated(self, looks: Iterable[Look]) -> Stop:
        """Sample by sample, until all cases but SLIP have tripped the gate."""
        open_: list[Chances] = [NONE, *({} for _ in range(self._gate.failures - 1))]
        past: list[tuple[Look, Chances, Chances]] = []
        seen = missed = 0.0
        half: timedelta | None = None
        for look in looks:
            new = failing((look.seen - seen) * self._summed, self._ratio, self._spread)
            seen = look.seen
            open_, tripped = _judged([joined(one, new) for one in open_], self._limit(seen))
            missed += self._take_unseen(tripped, look)
            past.append((look, mixed(open_), tripped))
            if missed > SLIP:
                raise Unpredictable(
                    f"gate {self._gate.name!r} may not see which member the errors are from"
                )
            left = missed + sum(past[-1][1].values())
            half = look.over if half is None and left**self._watched <= 0.5 else half
            if left <= SLIP:
                lost = mixed(self._lost(*one) for one in past)
                likely = (quantile(lost, 0.5), half or look.over)
                return Stop(quantile(lost, CERTAINTY), look.over, likely)
            if sum(map(len, open_)) > WIDEST:
                break
        raise Unpredictable(f"gate {self._gate.name!r} may not see enough errors in the soak")

    def _limit(self, seen: float) -> float:
        """The number of errors from which on it fails, after `seen` requests of one member."""
        least = self._before if self._is_pool else seen
        most = max(self._before, seen * self._summed)
        return self._needed(least - SPARE * sqrt(least * self._spread), most)

    def _lost(self, look: Look, open_: Chances, tripped: Chances) -> Chances:
        """Errors of all members in progress when the first watched one trips the gate at `look`.

        Seen errors, those of requests sent meanwhile, and those of members not watched. The class
        has an example.
        """
        if not tripped:
            return {}
        before, none = mixed((open_, tripped)), open_
        for _ in range(self._watched - 1):
            before, none = joined(before, mixed((open_, tripped))), joined(none, open_)
        first = mixed((before, {errors: -chance for errors, chance in none.items()}))
        watched = self._summed * self._watched
        unseen = (look.sent - look.seen) * watched + look.sent * (self._now.together - watched)
        if self._summed > 1:  # they may have returned at different times: one sample more
            unseen += self._now.member * watched * self._gate.every.total_seconds()
        return joined(first, failing(unseen, self._ratio, self._spread))

    def _take_unseen(self, tripped: dict[int, float], look: Look) -> float:
        """A pool gate takes a member out only when it is worse than those not yet upgraded."""
        if not self._is_pool:
            return 0.0
        return sum(tripped.pop(n) for n in list(tripped) if not self._is_outlier(n, look))

    def _is_outlier(self, errors: int, look: Look) -> bool:
        own = ceil(errors / self._summed)  # at least one of them has this many
        others = floor(self._now.peers * look.shown.total_seconds())
        total = max(own, ceil(look.seen))
        return is_worse(own, total, 0, others, confidence=self._gate.confidence)


def _judged(open_: list[dict[int, float]], limit: float) -> tuple[list[Chances], dict[int, float]]:
    """After a sample: open cases by failing samples in a row, and those that trip the gate."""
    after: list[dict[int, float]] = [{} for _ in open_]
    tripped: dict[int, float] = {}
    for failures, states in enumerate(open_):
        for errors, chance in states.items():
            if chance < UNLIKELY:
                continue
            if errors < limit:
                to = after[0]
            else:
                to = after[failures + 1] if failures + 1 < len(open_) else tripped
            to[errors] = to.get(errors, 0.0) + chance
    return list(after), tripped

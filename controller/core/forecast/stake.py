"""What is at stake: at today's traffic, at most how many requests of users fail before a gate stops
a bad version, and for how long.

A gate is followed sample by sample, at the times at which it would look at the latest, through
every number of errors that chance may bring. What comes out is a bound that holds in at least
CERTAINTY of all rollouts at the rate that was measured, however late samples and orders come.
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
    Climb,
    Look,
    counted_looks,
    fastest,
    scraped_looks,
    slowest,
)
from controller.core.forecast.thresholds import (
    SPARE,
    Needed,
    Span,
    Unforeseen,
    errors_needed,
    span_of,
)
from controller.core.forecast.traffic import Traffic
from controller.core.gates.gate import CounterGate, Gate, Scope
from controller.core.gates.metrics import UNKNOWN_INTERVAL
from controller.core.gates.statistics import is_worse
from controller.core.settings import Policies

CERTAINTY: Final = 0.995

FEWER: Final = (0.85, 0.7, 0.6, 0.5)
"""Shares of today's traffic that the bound holds for as well: a gate may see enough one sample
earlier for being sent more, and the rate is never quite what was measured."""

SMOOTH: Final = 10
"""Samples from which on one more or less hardly matters."""

SLIP: Final = (1 - CERTAINTY) / 2
"""How likely a bad version may get past a gate that is still said to stop it."""

WIDEST: Final = 400
"""Numbers of errors that are followed at most, none of which has tripped the gate."""

WATCHED: Final = 4
"""Of more members in hand together, the rest are taken not to trip the gate."""

UNLIKELY: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Stop:
    """When one gate stops a bad version, at the latest."""

    errors: int
    """Of all members in hand together."""
    after: timedelta
    likely: tuple[int, timedelta]
    """The same in every second case."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What users lose at most, when v2 fails the share `ratio` of its requests."""

    ratio: float
    gate: str | None = None
    """The gate that stops it first; None: nothing does for certain."""
    requests: int | None = None
    """How many fail, at most; None: without a bound."""
    duration: timedelta | None = None
    """From the first to the last of them, at most; None: until the end of the rollout."""
    likely: tuple[int, timedelta] | None = None
    """Both, as it goes in every second rollout."""
    per_second: float = 0.0
    """How many may fail in each second at the worst: without a bound, once all have v2."""
    at_first: float = 0.0
    """The same while only the first members have it."""
    why: tuple[str, ...] = ()
    """Where there is no bound: of each gate, why not."""
    assumed: timedelta | None = None
    """The scrape interval that was taken for the gate's metrics system, where it is not known."""


def stake(
    policies: Policies, now: Traffic, ratio: float, intervals: Mapping[str, timedelta] | None = None
) -> Loss:
    """The bound by the gate that stops a version first which fails `ratio` of its requests.

    `intervals`: gate → its metrics system's scrape interval, where it is known.
    """
    if now.pool <= 0:
        return Loss(ratio, requests=0, duration=timedelta(0))
    worst = now.failing(ratio)
    first = ratio * min(worst.pool, worst.member * worst.together)
    best: tuple[Stop, Gate] | None = None
    why: list[str] = []
    for gate in policies.gates:
        interval = (intervals or {}).get(gate.name, UNKNOWN_INTERVAL)
        try:
            found = _stop_at_most(gate, policies, worst, ratio, interval)
        except Unforeseen as unforeseen:
            why.append(str(unforeseen))
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
    """Raises Unforeseen."""
    found = stop(gate, policies, now, ratio, interval)
    if found.after > gate.every * SMOOTH and isinstance(gate, CounterGate):
        return found
    errors = found.errors
    for share in FEWER:
        with suppress(Unforeseen):
            fewer = stop(gate, policies, now.scaled(share), ratio, interval)
            errors = max(errors, fewer.errors)
    return replace(found, errors=errors)


def stop(gate: Gate, policies: Policies, now: Traffic, ratio: float, interval: timedelta) -> Stop:
    """When `gate` stops a member that fails `ratio` of its requests. Raises Unforeseen where it
    may not stop it, or when cannot be known."""
    span, needed = span_of(gate), errors_needed(gate)
    # Where every request fails, a member gate never says yes, and steps and soak last longer.
    patience = gate.hold if ratio >= 1 and gate.scope is Scope.MEMBER else timedelta(0)
    watched = policies.soak + patience
    climbs = [fastest(policies, now, patience)]
    if now.steps:
        climbs.append(slowest(policies, now, gate))
    stops = []
    for climb in climbs:
        for looks in _looks(gate, interval, policies, now, climb, watched):
            within = (look for look in looks if span.least is None or look.shown <= span.least)
            stops.append(_Course(gate, now, ratio, needed, span).followed(within))
    after = max(one.after for one in stops)
    if gate.scope is Scope.POOL and now.together > 1:
        after = stop(gate, policies, replace(now, together=1), ratio, interval).after
    return Stop(max(one.errors for one in stops), after, stops[0].likely)


def _looks(
    gate: Gate,
    interval: timedelta,
    policies: Policies,
    now: Traffic,
    climb: Climb,
    watched: timedelta,
) -> Iterator[Iterator[Look]]:
    """Every way in which its samples may fall; the likely one comes first."""
    if isinstance(gate, CounterGate):
        for always_late in (True, False):
            yield counted_looks(gate, policies, now, climb, watched, always_late=always_late)
        return
    for phase in PHASES:
        yield scraped_looks(gate, interval, phase, now, climb, watched)


class _Course:
    """One gate against one bad version."""

    def __init__(self, gate: Gate, now: Traffic, ratio: float, needed: Needed, span: Span) -> None:
        self._gate, self._now, self._ratio, self._needed = gate, now, ratio, needed
        self._is_pool = gate.scope is Scope.POOL
        self._followed = now.together if self._is_pool else 1
        """Members whose errors come together in what the gate sees."""
        self._watched = 1 if self._is_pool else min(WATCHED, now.together)
        """Members each of which may trip it, and takes all members in hand out with it."""
        self._spread = min(1.0, now.together * now.member / now.pool)
        """Members that are dealt their requests in turn get many or few at the same time."""
        before = timedelta(0) if span.before is None else span.before
        rate = now.pool if self._is_pool else now.member
        self._before = rate * before.total_seconds()
        """Requests without an error that count too."""

    def followed(self, looks: Iterable[Look]) -> Stop:
        """Through every number of errors, look by look, until all but SLIP have tripped it."""
        open_: list[Chances] = [NONE, *({} for _ in range(self._gate.failures - 1))]
        past: list[tuple[Look, Chances, Chances]] = []
        seen = missed = 0.0
        half: timedelta | None = None
        for look in looks:
            new = failing((look.seen - seen) * self._followed, self._ratio, self._spread)
            seen = look.seen
            open_, tripped = _judged([joined(one, new) for one in open_], self._limit(seen))
            missed += self._take_unseen(tripped, look)
            past.append((look, mixed(open_), tripped))
            if missed > SLIP:
                raise Unforeseen(f"gate {self._gate.name!r} may not tell whose errors they are")
            left = missed + sum(past[-1][1].values())
            half = look.over if half is None and left**self._watched <= 0.5 else half
            if left <= SLIP:
                lost = mixed(self._lost(*one) for one in past)
                likely = (quantile(lost, 0.5), half or look.over)
                return Stop(quantile(lost, CERTAINTY), look.over, likely)
            if sum(map(len, open_)) > WIDEST:
                break
        raise Unforeseen(f"gate {self._gate.name!r} may not see enough of it in the soak")

    def _limit(self, seen: float) -> float:
        """Errors from which on it fails, after `seen` requests of one member."""
        least = self._before if self._is_pool else seen
        most = max(self._before, seen * self._followed)
        return self._needed(least - SPARE * sqrt(least * self._spread), most)

    def _lost(self, look: Look, open_: Chances, tripped: Chances) -> Chances:
        """Errors of all members in hand when the first of those watched trips the gate at `look`:
        those seen, and those of what was sent meanwhile and to members not watched here."""
        if not tripped:
            return {}
        before, none = mixed((open_, tripped)), open_
        for _ in range(self._watched - 1):
            before, none = joined(before, mixed((open_, tripped))), joined(none, open_)
        first = mixed((before, {errors: -chance for errors, chance in none.items()}))
        watched = self._followed * self._watched
        unseen = (look.sent - look.seen) * watched + look.sent * (self._now.together - watched)
        if self._followed > 1:  # they need not be back at the same time: one sample more
            unseen += self._now.member * watched * self._gate.every.total_seconds()
        return joined(first, failing(unseen, self._ratio, self._spread))

    def _take_unseen(self, tripped: dict[int, float], look: Look) -> float:
        """A pool gate takes a member out only when it is worse than those not yet upgraded."""
        if not self._is_pool:
            return 0.0
        return sum(tripped.pop(n) for n in list(tripped) if not self._stands_out(n, look))

    def _stands_out(self, errors: int, look: Look) -> bool:
        own = ceil(errors / self._followed)  # one of them has as many
        others = floor(self._now.peers * look.shown.total_seconds())
        total = max(own, ceil(look.seen))
        return is_worse(own, total, 0, others, confidence=self._gate.confidence)


def _judged(open_: list[dict[int, float]], limit: float) -> tuple[list[Chances], dict[int, float]]:
    """After a sample: by the number of failing samples in a row, and what has tripped the gate."""
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

"""Bad rollouts, played request by request against the code that judges them.

Users come by chance, or like clockwork; the balancer deals them out in turn, by weight. Samples
and orders are late by chance. Nothing in here is a bound: it is what the bound must hold for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache, partial
from random import Random

from controller.core.events import Verdict
from controller.core.forecast.traffic import Traffic
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Answers, Freshness, Query, Reading
from controller.core.gates.gate import CounterGate, Gate, MetricGate, Scope
from controller.core.gates.metrics import judge_answers
from controller.core.gates.statistics import is_worse
from controller.core.pool import Counters
from controller.core.settings import Policies

LATE, ACT, ANSWER = 0.05, 0.1, 0.05
"""Seconds: what a sample, an order and an answer may be late, at the most."""


@dataclass
class Bad:
    """One bad rollout, up to the moment at which its version is out of rotation again."""

    random: Random
    gate: Gate
    policies: Policies
    now: Traffic
    ratio: float
    is_even: bool = False
    interval: float = 0.0
    """Of scrapes, in seconds."""
    apart: float = 0.0
    """Seconds from the return of one member in hand to that of the next."""
    counts: list[list[int]] = field(init=False)
    """Of each member in hand: errors and requests."""

    def __post_init__(self) -> None:
        members = self.now.together
        self.counts = [[0, 0] for _ in range(members)]
        self.stage = 0
        self.moved = 0.0
        self._rates = (*self.now.steps, self.now.member)
        self._credit = [self.random.random() for _ in range(members)]
        self._next = self._gap() * self.random.random()

    def _gap(self) -> float:
        return 1 / self.now.pool if self.is_even else self.random.expovariate(self.now.pool)

    def until(self, then: float) -> None:
        """Let requests come."""
        while self._next <= then:
            share = self._rates[self.stage] / self.now.pool
            for member, one in enumerate(self.counts):
                if self._next < self.apart * member:
                    continue
                self._credit[member] += share
                if self._credit[member] >= 1:
                    self._credit[member] -= 1
                    one[1] += 1
                    one[0] += self.random.random() < self.ratio
            self._next += self._gap()

    def climb(self, at: float, verdict: Verdict) -> None:
        """As `controller.core.decide.ramp` does it."""
        hold, held = self.policies.comeback.hold.total_seconds(), at - self.moved
        patience = hold + self.gate.hold.total_seconds()
        is_held = held >= hold if verdict is Verdict.PASS else held >= patience
        if verdict is not Verdict.FAIL and is_held and self.stage < len(self.now.steps):
            self.stage, self.moved = self.stage + 1, at

    @property
    def lost(self) -> int:
        return sum(errors for errors, _ in self.counts)


Judged = Iterator[tuple[float, int, Verdict]]
"""Samples: when, of which member, and what they say."""

verdict_of = lru_cache(100_000)(lambda gate, errors, total: judge(gate, Counters(errors, total)))


def counted(gate: CounterGate, bad: Bad) -> Judged:
    """What a gate on the balancer's counters says of each member."""
    every = gate.every.total_seconds()
    late = min(LATE, every / 2)

    def next_of(member: int, since: float) -> tuple[float, float, int]:
        at = since + every + late * bad.random.random()
        return at - late * bad.random.random(), at, member

    due = [next_of(member, bad.apart * member) for member in range(bad.now.together)]
    while True:
        shown, at, member = min(due)
        bad.until(shown)
        yield at, member, verdict_of(gate, *bad.counts[member]).verdict
        due[due.index((shown, at, member))] = next_of(member, at)


def pooled(gate: CounterGate, bad: Bad) -> Judged:
    """What a pool gate says; it ends where it takes nobody out."""
    at = 0.0
    others = bad.now.pool - bad.now.member * bad.now.together
    past = bad.now.pool * gate.window.total_seconds()
    while True:
        at += gate.every.total_seconds() + LATE * bad.random.random()
        shown = at - LATE * bad.random.random()
        bad.until(shown)
        total = max(past, sum(one[1] for one in bad.counts) + others * shown)
        said = verdict_of(gate, bad.lost, int(total)).verdict
        peers = int(bad.now.peers * shown)
        worse = (
            is_worse(errors, requests, 0, peers, confidence=gate.confidence)
            for errors, requests in bad.counts
        )
        if said is Verdict.FAIL and not any(worse):
            return
        yield at, 0, said


def scraped(gate: MetricGate, bad: Bad) -> Judged:
    """What a gate says that asks a metrics system, of the first member."""
    every, at = gate.every.total_seconds(), bad.random.random()
    scrapes: list[tuple[float, int, int]] = []
    due = bad.interval * bad.random.random()
    while True:
        while due <= at:
            bad.until(due)
            errors, requests = bad.counts[0]
            scrapes.append((due, errors, requests))
            due += bad.interval
        yield at + ANSWER * bad.random.random(), 0, _asked(bad, gate, at, scrapes)
        at += every + ANSWER * bad.random.random()


def _asked(bad: Bad, gate: MetricGate, at: float, scrapes: list[tuple[float, int, int]]) -> Verdict:
    errors, requests = (_increase(scrapes, column, at) for column in (1, 2))
    known = Freshness("up", timedelta(0), timedelta(seconds=bad.interval))
    value = errors / requests if errors is not None and requests else None
    if len(scrapes) < 2 or value is None:
        return Verdict.INCONCLUSIVE
    readings = {
        Query.VALUE: Reading("q", value),
        Query.ERRORS: Reading("e", errors),
        Query.REQUESTS: Reading("r", requests),
    }
    answers = Answers("s", {kind: readings[kind] for kind in gate.queries}, known)
    return judge_answers(gate, timedelta(seconds=at), [answers]).verdict


def _increase(scrapes: list[tuple[float, int, int]], column: int, at: float) -> float | None:
    """Since the return, as PromQL's `increase` extrapolates it (Prometheus documentation,
    "Query functions"), for a counter that is 0 at the return if it counts errors."""
    if len(scrapes) < 2:
        return None
    (first, *_), (last, *_) = scrapes[0], scrapes[-1]
    was, grown = scrapes[0][column], scrapes[-1][column] - scrapes[0][column]
    lasted = last - first
    usual = lasted / (len(scrapes) - 1)
    before, after = (gap if gap < usual * 1.1 else usual / 2 for gap in (first, at - last))
    if column == 1 and grown > 0:
        before = min(before, lasted * was / grown)
    return grown * (lasted + before + after) / lasted


def played(bad: Bad, samples: Callable[[Bad], Judged]) -> tuple[int, float] | None:
    """Requests lost and seconds until the bad version is out; None: nothing has stopped it."""
    ramp = bad.policies.comeback
    soak = bad.policies.soak.total_seconds() + ramp.hold.total_seconds() * len(ramp.ramp)
    end = soak + (bad.gate.hold.total_seconds() if bad.ratio >= 1 else 0)
    end += bad.gate.hold.total_seconds() * len(bad.now.steps)
    failures = [0] * bad.now.together
    for at, member, verdict in samples(bad):
        failures[member] = failures[member] + 1 if verdict is Verdict.FAIL else 0
        if failures[member] >= bad.gate.failures:
            gone = at + ACT * bad.random.random()
            bad.until(gone)
            return bad.lost, gone
        if at > end:
            return None
        bad.climb(at, verdict)
    return None


def ways_of(gate: Gate) -> Callable[[Bad], Judged]:
    match gate:
        case MetricGate():
            return partial(scraped, gate)
        case CounterGate(scope=Scope.POOL):
            return partial(pooled, gate)
        case CounterGate():
            return partial(counted, gate)
        case _:
            raise ValueError(f"how {gate.name} goes cannot be played")

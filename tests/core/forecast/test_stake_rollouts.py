"""The stake against bad rollouts that are played by chance: its bound holds, and is not far off."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from statistics import median

import pytest

from controller.core.forecast.stake import Loss, stake
from controller.core.forecast.traffic import Traffic
from controller.core.gates.evidence import Query
from controller.core.gates.gate import CounterGate, Gate, MetricGate, Scope
from controller.core.gates.gate import Test as Kind
from controller.core.settings import Policies, ReturnPolicy
from tests.core.forecast.bad_rollouts import Bad, played, ways_of

pytestmark = pytest.mark.untraced  # whole rollouts: what they call has direct tests

SECOND = timedelta(seconds=1)
EXACT = CounterGate("errors", Scope.MEMBER, 0.01)
COUNTS = MetricGate(
    "counts",
    Scope.MEMBER,
    {Query.ERRORS: "increase(e[${window}])", Query.REQUESTS: "increase(r[${window}])"},
    maximum=0.01,
)
VALUE = MetricGate(
    "value",
    Scope.MEMBER,
    {Query.VALUE: "rate(e[${window}]) / rate(r[${window}])"},
    maximum=0.01,
)

GATES: dict[str, Gate] = {
    "exact, often": replace(EXACT, every=SECOND / 5),
    "exact": EXACT,
    "bare ratio": replace(EXACT, test=Kind.THRESHOLD),
    "three in a row": replace(EXACT, failures=3),
    "pool": replace(EXACT, scope=Scope.POOL),
    "scraped counts": COUNTS,
    "scraped value": VALUE,
}
RATES = (2.0, 10.0, 50.0, 200.0)
"""Of one member, of four."""

PLAYS = 8
"""Of each case; with each, users once come by chance and once like clockwork."""


@dataclass(frozen=True)
class Case:
    gate: Gate
    now: Traffic
    ratio: float
    ramp: ReturnPolicy = field(default_factory=ReturnPolicy)
    interval: timedelta | None = None

    @property
    def policies(self) -> Policies:
        return Policies(gates=(self.gate,), soak=300 * SECOND, comeback=self.ramp)

    @property
    def is_usual(self) -> bool:
        return self.now.member >= 10 and self.now.together == 1 and not self.now.steps

    @property
    def loss(self) -> Loss:
        known = {self.gate.name: self.interval} if self.interval is not None else None
        return stake(self.policies, self.now, self.ratio, known)

    def plays(self, seed: int) -> Iterator[tuple[int, float] | None]:
        random = Random(seed)
        interval = 0.0 if self.interval is None else self.interval.total_seconds()
        for number in range(2 * PLAYS):
            yield played(
                Bad(
                    random,
                    self.gate,
                    self.policies,
                    self.now,
                    self.ratio,
                    is_even=number % 2 == 0,
                    interval=interval,
                    apart=random.choice((0, 0, 0.3, 2)),
                ),
                ways_of(self.gate),
            )


def cases(gate: Gate, ratio: float) -> Iterator[Case]:
    """At each rate: alone, two at a time, in a ramp, by each scrape interval."""
    for rate in RATES if gate.scope is Scope.MEMBER else RATES[:3]:
        alone = Traffic(4 * rate, rate, peers=3 * rate)
        if not isinstance(gate, CounterGate):
            for interval in (SECOND / 2, 15 * SECOND):
                yield Case(gate, alone, ratio, interval=interval)
            continue
        yield Case(gate, alone, ratio)
        yield Case(gate, Traffic(8 * rate, rate, 2, peers=6 * rate), ratio)
        steps = tuple(4 * rate * share / (share + 3) for share in (0.1, 0.5))
        ramped = replace(alone, steps=steps)
        yield Case(gate, ramped, ratio, ReturnPolicy(ramp=(10, 50), hold=5 * SECOND))


@pytest.mark.parametrize("name", GATES)
def test_bound_holds_and_is_close(name: str) -> None:
    """Of all bad rollouts about one of a thousand loses more requests, or takes longer, than the
    bound says, if it has one. Where a member has ten requests a second or more, and its full
    weight at once, half of them lose more than a third of it: with less, chance decides more."""
    bounded = beyond = 0
    for ratio in (1.0, 0.5, 0.1):
        factors = []
        for case in cases(GATES[name], ratio):
            loss = case.loss
            if loss.requests is None or loss.duration is None:
                continue
            for seen in case.plays(seed=4711):
                bounded += 1
                lost, seconds = seen if seen is not None else (loss.requests + 1, 0.0)
                beyond += lost > loss.requests or seconds > loss.duration.total_seconds()
                if case.is_usual:
                    factors.append(loss.requests / max(1, lost))
        assert not factors or median(factors) <= 3
    assert bounded >= 250
    assert beyond <= 2 + bounded * 0.001

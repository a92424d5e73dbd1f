"""How long a gate on metrics takes to pass, against the time that it is given."""

from datetime import timedelta
from typing import Final

import pytest

from controller.core.forecast.patience import (
    cannot_pass,
    passes_from,
    sampled_too_seldom,
    slowest_pass,
)
from controller.core.gates.evidence import Query
from controller.core.gates.gate import CounterGate, Gate, MetricGate, Scope, Then, TimingGate
from controller.core.settings import Policies, ReturnPolicy

SECOND: Final = timedelta(seconds=1)
MEMBER: Final = MetricGate(
    "prom", Scope.MEMBER, {Query.VALUE: "q"}, every=SECOND * 5, hold=SECOND * 120
)
POOL: Final = MetricGate("pool", Scope.POOL, {Query.VALUE: "q"})
LENIENT: Final = MetricGate("lenient", Scope.MEMBER, {Query.VALUE: "q"}, then=Then.PASS)
COUNTERS: Final = CounterGate("errors", Scope.MEMBER, 0.01)
EACH_MINUTE: Final = SECOND * 60


def policies(ramp: int = 0, soak: int = 30) -> Policies:
    steps = tuple(10 * n for n in range(1, ramp + 1))
    gates = (MEMBER, POOL, LENIENT, COUNTERS)
    comeback = ReturnPolicy(ramp=steps, hold=SECOND * 10)
    return Policies(soak=SECOND * soak, comeback=comeback, gates=gates)


def test_passes_from() -> None:
    """A gate on a member from four scrapes on; the others have no return to wait for."""
    assert passes_from(MEMBER, EACH_MINUTE) == SECOND * 240
    assert passes_from(POOL, EACH_MINUTE) is None
    assert passes_from(COUNTERS, EACH_MINUTE) is None


def test_the_slowest_gate_counts() -> None:
    """Of those whose interval is known, and that must pass."""
    intervals = dict.fromkeys(("prom", "pool", "lenient"), EACH_MINUTE)
    assert slowest_pass(policies(), intervals) == SECOND * 240
    assert slowest_pass(policies(), {}) == timedelta(0)


@pytest.mark.parametrize(
    ("gate", "interval", "ramp", "soak", "words"),
    [
        (MEMBER, 60, 0, 30, "end after 2m30s; write soak: 2m05s or longer"),
        (MEMBER, 60, 0, 125, None),
        (MEMBER, 36, 0, 30, None),
        (MEMBER, 60, 1, 30, None),
        (POOL, 600, 0, 30, None),
        (LENIENT, 600, 0, 30, None),
        (COUNTERS, 600, 0, 30, None),
    ],
)
def test_cannot_pass(
    gate: MetricGate | CounterGate, interval: int, ramp: int, soak: int, words: str | None
) -> None:
    """Soak, hold and the steps of the ramp must together reach the fourth scrape."""
    found = cannot_pass(gate, policies(ramp, soak), SECOND * interval)
    assert (found is None) is (words is None)
    assert (words or "") in (found or "")


SELDOM: Final = CounterGate("errors", Scope.MEMBER, 0.01, every=SECOND * 151)


@pytest.mark.parametrize(
    ("gate", "ramp", "is_refused"),
    [
        (SELDOM, 0, True),
        (SELDOM, 1, False),
        (TimingGate("slow", Scope.MEMBER, every=SECOND * 600), 1, True),
        (COUNTERS, 0, False),
        (MEMBER, 0, False),
        (CounterGate("pool", Scope.POOL, 0.01, every=SECOND * 600), 0, False),
        (CounterGate("a", Scope.MEMBER, 0.01, every=SECOND * 600, then=Then.PASS), 0, False),
    ],
)
def test_sampled_too_seldom(gate: Gate, ramp: int, is_refused: bool) -> None:
    """After the first sample, which sees nothing yet, there must be another one in time."""
    found = sampled_too_seldom(gate, policies(ramp))
    assert (found is not None) is is_refused
    if gate is SELDOM and found is not None:
        assert found == (
            "cannot pass in its time: it is sampled every 2m31s, but soak and inconclusive.hold "
            "end 2m30s after the return; write every: 2m30s or less"
        )

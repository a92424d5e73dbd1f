"""What gates on a metrics system allow, in words; and alerts that fired before."""

from datetime import timedelta
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.gates import watch_gates
from controller.core.events import GateSampled, Halted, Verdict
from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, Scope
from controller.core.gates.limit import figure, limit
from controller.core.plan.plan import CourseShape, Plan
from controller.core.settings import Policies
from controller.core.state.apply import apply
from controller.core.state.state import initial

ALERTS = AlertGate("alerts", Scope.POOL)


def metric(*kinds: Query, **limits: Any) -> MetricGate:
    queries = dict.fromkeys(kinds or (Query.VALUE,), "q")
    return MetricGate("m", Scope.POOL, queries, confidence=0.99, **limits)


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (ALERTS, "no alert that it matches may fire"),
        (metric(maximum=0.01), "at most 1 %"),
        (metric(minimum=3.0, maximum=9.5, is_ratio=False), "at most 9.5 and at least 3"),
        (metric(max_increase=0.005), "at most 0.5 % above the baseline"),
        (metric(Query.BASELINE_ERRORS), "not worse than the baseline (99 % sure)"),
        (
            metric(Query.BASELINE_ERRORS, max_increase=0.02),
            "at most 2 % above the baseline (99 % sure)",
        ),
    ],
)
def test_limits_in_words(gate: Gate, words: str) -> None:
    """Every kind of limit is told in the unit of the file."""
    assert limit(gate) == words


@pytest.mark.parametrize(
    ("gate", "value", "words"),
    [
        (CounterGate("c", Scope.POOL, 0.01), 0.02, "2 %"),
        (metric(maximum=0.01), 0.02, "2 %"),
        (metric(maximum=9.5, is_ratio=False), 0.02, "0.02"),
        (ALERTS, 2.0, "2"),
    ],
)
def test_figures_in_the_unit_of_the_limit(gate: Gate, value: float, words: str) -> None:
    """A ratio is shown as a percentage, a plain number is not."""
    assert figure(gate, value) == words


def plan_with(gate: Gate) -> Plan:
    return Plan(
        name="web",
        members=(),
        canaries=(),
        instances=(),
        backends=("web",),
        max_unavailable=1,
        min_available=1,
        serving=2,
        policies=Policies(gates=(gate,)),
        upgrade=CourseShape(1),
    )


def sample(verdict: Verdict, *alerts: str) -> GateSampled:
    return GateSampled("alerts", None, verdict, "firing: Page", 0, 0, 1.0, None, alerts=alerts)


def test_alerts_known_at_the_start_are_kept() -> None:
    """What fires at the first answer is known until it is seen resolved; an answer that is missing
    tells nothing, and a later one adds nothing."""
    plan = plan_with(ALERTS)
    state = initial(plan)
    events = (
        sample(Verdict.INCONCLUSIVE),
        sample(Verdict.PASS, "a", "b"),
        sample(Verdict.FAIL, "a", "c"),
        sample(Verdict.INCONCLUSIVE),
    )
    for event in events:
        state = apply(plan, state, event, timedelta(seconds=1))
    assert state.known_alerts == {"alerts": frozenset({"a"})}


def test_a_failing_alert_halts_in_the_pool() -> None:
    """A gate without a window of its own says so plainly."""
    plan = plan_with(ALERTS)
    state = apply(plan, initial(plan), sample(Verdict.FAIL), timedelta(seconds=1))
    halted = watch_gates(Context(plan, state, timedelta(seconds=1)))
    assert isinstance(halted, Halted)

    assert halted.seen == "gate 'alerts': firing: Page in the pool"
    assert halted.limit == "no alert that it matches may fire"

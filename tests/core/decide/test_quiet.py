"""Members that no user comes to: judged by requests of our own, passed, or waited for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.quiet import lonely, own_note, pace_of
from controller.core.decide.samples import quiet_note, sample_due
from controller.core.events import GateSampled, ProbeSeen, Verdict
from controller.core.gates.gate import CounterGate, Gate, Scope, TimingGate
from controller.core.gates.quiet import Quiet
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.pool import Counters
from controller.core.settings import Policies
from controller.core.state.apply import apply
from tests.support.contexts import a_context, a_plan, ago, standing

ERRORS = CounterGate("errors", Scope.MEMBER, 0.01)
RETRIES = CounterGate("retries", Scope.MEMBER, 0.01, measure="retries")
LATENCY = TimingGate("latency", Scope.MEMBER)
POOL = CounterGate("pool", Scope.POOL, 0.01)


def alone(
    gate: Gate = ERRORS,
    quiet: Quiet = Quiet.PROBE,
    own: Counters | None = None,
    fault: str = "",
    users: Counters | None = None,
    **more: Any,
) -> Context:
    """web1 soaks, with so many requests of our own, and of users."""
    served = users if users is not None else Counters()
    trial: Mapping[str, Any] = {
        "mark": Counters(),
        "own": own if own is not None else Counters(),
        "own_fault": fault,
        "returned_at": ago(20),
        **more,
    }
    soaking = standing(Phase.SOAKING, **trial)
    ctx = a_context(soaking, plan=a_plan(gates=(gate,), quiet=quiet))
    tallies = {**ctx.state.tallies, "web1": Tally(served)}
    return replace(ctx, state=replace(ctx.state, tallies=tallies))


def said(ctx: Context) -> tuple[Verdict, str]:
    (gate,) = ctx.plan.policies.gates
    sample = sample_due(ctx, gate, "web1")
    assert isinstance(sample, GateSampled)
    return sample.verdict, sample.reason


WAITS = (Verdict.INCONCLUSIVE, "no data: no request yet")


@pytest.mark.parametrize(
    ("ctx", "verdict", "reason"),
    [
        (alone(quiet=Quiet.HALT), *WAITS),
        (alone(), *WAITS),
        (
            alone(quiet=Quiet.PASS),
            Verdict.PASS,
            "no user came: passed unjudged (quiet: pass)",
        ),
        (
            alone(own=Counters(0, 39)),
            Verdict.INCONCLUSIVE,
            "too little traffic: no user came; of our own requests, none of 39 requests failed; "
            "40 are needed",
        ),
        (
            alone(own=Counters(0, 40)),
            Verdict.PASS,
            "no user came; of our own requests, none of 40 requests failed",
        ),
        (
            alone(own=Counters(4, 12), fault="status 500"),
            Verdict.FAIL,
            "no user came; of our own requests, 4 of 12 requests failed (33.3 %): status 500",
        ),
        (alone(RETRIES, own=Counters(9, 40)), Verdict.PASS, "no user came: nothing to judge"),
        (alone(LATENCY, own=Counters(0, 39)), Verdict.INCONCLUSIVE, "no user came: nothing to"),
        (alone(LATENCY, own=Counters(0, 40)), Verdict.PASS, "no user came: nothing to judge"),
        (
            alone(users=Counters(0, 3), own=Counters(4, 12)),
            Verdict.FAIL,
            "4 of 15 requests failed (26.7 %), 12 of them our own",
        ),
        (alone(users=Counters(0, 3)), Verdict.PASS, "none of 3 requests failed"),
        (
            alone(users=Counters(3, 10), own=Counters(0, 40)),
            Verdict.FAIL,
            "3 of 10 requests failed (30 %)",
        ),
        (alone(LATENCY, users=Counters(0, 3), own=Counters(0, 9)), Verdict.PASS, "3 requests; too"),
    ],
)
def test_verdict(ctx: Context, verdict: Verdict, reason: str) -> None:
    """Our own requests stand in for users; once these come, both count."""
    found, words = said(ctx)
    assert (found, words[: len(reason)]) == (verdict, reason)


def test_a_pool_gate_is_not_about_a_member() -> None:
    ctx = alone(POOL)
    sample = sample_due(ctx, POOL, None)
    assert sample is not None
    assert sample.verdict is Verdict.INCONCLUSIVE
    assert sample_due(ctx, LATENCY, None) is None


@pytest.mark.parametrize(
    ("ctx", "members"),
    [
        (alone(), ("web1",)),
        (alone(LATENCY), ("web1",)),
        (alone(POOL), ()),
        (alone(quiet=Quiet.HALT), ()),
        (alone(quiet=Quiet.PASS), ()),
        (alone(users=Counters(0, 1)), ()),
        (alone(returned_at=ago(0.1)), ()),
        (alone(condemned=True), ()),
        (alone(mark=None), ()),
    ],
)
def test_who_gets_requests_of_our_own(ctx: Context, members: tuple[str, ...]) -> None:
    """Who is judged, and had a moment in which users could have come."""
    assert lonely(ctx) == members


def test_what_one_has_met_is_counted() -> None:
    """While the member is judged, and not afterwards."""
    ctx = alone()
    state = ctx.state
    for passed, detail in ((True, "passed"), (False, "status 500"), (True, "passed")):
        seen = ProbeSeen("web1", passed, detail, state.members["web1"].trial.returned_at)
        state = apply(ctx.plan, state, seen, ctx.now)
    trial = state.members["web1"].trial
    assert (trial.own, trial.own_fault) == (Counters(1, 3), "status 500")
    assert apply(ctx.plan, state, ProbeSeen("web2", False, "late"), ctx.now) == state
    former = ProbeSeen("web1", False, "of a former return", ago(500))
    assert apply(ctx.plan, state, former, ctx.now) == state


def test_note_of_the_soak() -> None:
    """The report says by what it was judged."""
    assert quiet_note(alone(own=Counters(0, 41)), "web1") == (
        "judged by 41 requests of our own, no user came"
    )
    assert own_note(Counters(1, 90)).endswith("no user came, 1 of them failed")
    assert quiet_note(alone(), "web1") == "0 requests: passed without evidence"


@pytest.mark.parametrize(("soak", "milliseconds"), [(0.1, 20), (5, 100), (30, 500), (3600, 500)])
def test_enough_of_them_fit_into_a_soak(soak: float, milliseconds: int) -> None:
    pace = pace_of(Policies(soak=timedelta(seconds=soak)))
    assert pace == timedelta(milliseconds=milliseconds)

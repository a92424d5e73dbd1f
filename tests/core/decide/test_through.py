"""Requests of our own through the load balancer, pinned to a member: judged by what is counted
there, and never taken for users'."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.gates import worse_than_peers
from controller.core.decide.quiet import lonely
from controller.core.decide.samples import quiet_note, sample_due
from controller.core.decide.traffic import watch_traffic
from controller.core.events import Cause, GateSampled, Verdict
from controller.core.gates.gate import CounterGate, Gate, Scope, TimingGate
from controller.core.gates.quiet import OWN, PINNED, Quiet
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.pool import Counters
from controller.core.state.ours import Ours
from tests.core.decide.test_traffic import flow
from tests.support.contexts import a_context, a_plan, ago, standing

ERRORS = CounterGate("errors", Scope.MEMBER, 0.01)
RETRIES = CounterGate("retries", Scope.MEMBER, 0.01, measure="retries")
LATENCY = TimingGate("latency", Scope.MEMBER)
POOL = CounterGate("pool", Scope.POOL, 0.01)
FAIL, PASS, WAITS = Verdict.FAIL, Verdict.PASS, Verdict.INCONCLUSIVE


def through(
    line: Counters | None = None,
    own: Counters | None = None,
    gate: Gate = ERRORS,
    *,
    sent: int | None = None,
    measured: Counters | None = None,
    **more: Any,
) -> Context:
    """web1 soaks. `line`: what is counted there since its return; `own`: what requests of our own
    have met; `sent`: how many there were, if more than that."""
    own = own if own is not None else Counters()
    trial: dict[str, Any] = {"mark": Counters(), "own": own, "returned_at": ago(20), **more}
    plan = a_plan(gates=(gate,), quiet=Quiet.THROUGH)
    ctx = a_context(standing(Phase.SOAKING, **trial), plan=plan)
    state = replace(
        ctx.state,
        tallies={**ctx.state.tallies, "web1": Tally(line if line is not None else Counters())},
        measured={("web1", "retries"): Tally(measured if measured is not None else Counters())},
        ours=Ours(own.total if sent is None else sent),
    )
    return replace(ctx, state=state)


def said(ctx: Context) -> tuple[Verdict, str]:
    (gate,) = ctx.plan.policies.gates
    sample = sample_due(ctx, gate, "web1")
    assert isinstance(sample, GateSampled)
    return sample.verdict, sample.reason


MET: dict[str, Any] = {"met_users": True}
BAD: dict[str, Any] = {"own_fault": "status 403"}


@pytest.mark.parametrize(
    ("ctx", "verdict", "reason"),
    [
        (through(), WAITS, "no data: no request yet"),
        (
            through(Counters(0, 3)),
            WAITS,
            "too little traffic: none of 3 requests failed; 40 are needed, our own included",
        ),
        (
            through(Counters(0, 39), Counters(0, 39)),
            WAITS,
            "too little traffic: no user came; of our own requests, none of 39 requests failed; 39 "
            "of 39 have arrived, 40 are needed",
        ),
        (
            through(Counters(0, 39), Counters(0, 40)),
            WAITS,
            "too little traffic: no user came; of our own requests, none of 39 requests failed; 39 "
            "of 40 have arrived, 40 are needed",
        ),
        (
            through(Counters(0, 40), Counters(0, 40)),
            PASS,
            "no user came; of our own requests, none of 40 requests failed",
        ),
        (
            through(Counters(4, 12), Counters(4, 12), own_fault="status 500"),
            FAIL,
            "no user came; of our own requests, 4 of 12 requests failed (33.3 %): status 500",
        ),
        (  # an answer that is none of the load balancer's errors
            through(Counters(0, 40), Counters(4, 40), own_fault="the body lacks v2"),
            FAIL,
            "no user came; of our own requests, 4 of 40 requests failed (10 %): the body lacks",
        ),
        (  # which may have been another member's, while a user or two came here
            through(Counters(0, 3), Counters(3, 3), own_fault="status 301"),
            WAITS,
            "too little traffic: no user came; of our own requests, none of 3 requests failed: "
            "status 301; 3 of 3 have arrived, 40 are needed",
        ),
        (
            through(Counters(0, 44), Counters(40, 40), **BAD),
            WAITS,
            "no data: hardly a user came; 40 of 40 requests of our own failed, but whether web1 "
            "answered them is not known; the last that failed: status 403",
        ),
        (through(Counters(0, 44), Counters(1, 40), **BAD), PASS, "hardly a user came"),
        (  # tried again elsewhere, where all is well
            through(Counters(9, 9), Counters(0, 3)),
            FAIL,
            "hardly a user came; of our own requests, 9 of 9 requests failed (100 %)",
        ),
        (
            through(Counters(1, 12), Counters(1, 12)),
            WAITS,
            "no user came; of our own requests, too little traffic: 1 of 12 requests failed",
        ),
        # --- a pin that leads elsewhere
        (
            through(Counters(0, 0), Counters(0, 12)),
            WAITS,
            "no data: no user came; none of 12 requests of our own has arrived",
        ),
        (
            through(Counters(0, 0), Counters(12, 12), **BAD),
            WAITS,
            "no data: no user came; none of 12 requests of our own has arrived; the last that "
            "failed: status 403",
        ),
        (
            through(Counters(0, 0), Counters(40, 40), **BAD),
            WAITS,
            "no data: no user came; 0 of 40 requests of our own arrived at web1: the pin does not "
            "work; correct `quiet.through`; the last that failed: status 403",
        ),
        (
            through(Counters(0, 20), Counters(10, 40), **BAD),
            WAITS,
            "no data: no user came; 20 of 40 requests of our own arrived at web1: the pin",
        ),
        (through(Counters(0, 80), Counters(0, 160)), WAITS, "no data: no user came; 80 of 160"),
        (through(Counters(0, 20), Counters(0, 30)), WAITS, "too little traffic: no user came"),
        (through(Counters(5, 20), Counters(0, 40)), FAIL, "no user came; of our own"),
        # --- users came
        (through(Counters(0, 9), **MET), PASS, "none of 9 requests failed"),
        (
            through(Counters(0, 49), Counters(0, 40), **MET),
            PASS,
            "none of 49 requests failed, with 40 requests of our own",
        ),
        (  # what we ask for works, what they ask for does not
            through(Counters(3, 50), Counters(0, 40), **MET),
            FAIL,
            "3 of 10 requests failed (30 %), with 40 requests of our own",
        ),
        (through(Counters(0, 60), Counters(40, 40), **MET), PASS, "none of 60 requests failed"),
        (through(Counters(0, 60), Counters(9, 90), **MET), PASS, "none of 60 requests failed"),
        # --- gates on something else
        (
            through(Counters(0, 40), Counters(0, 40), LATENCY),
            PASS,
            "no user came: nothing to judge",
        ),
        (through(Counters(0, 9), Counters(0, 9), LATENCY), WAITS, "too little traffic: no user"),
        (through(Counters(0, 9), Counters(0, 90), LATENCY), WAITS, "no data: no user came; 9 of"),
        (through(Counters(0, 9), None, LATENCY, **MET), PASS, "9 requests; too few"),
        (
            through(Counters(0, 40), Counters(9, 40), RETRIES, measured=Counters(0, 40)),
            PASS,
            "no user came; of our own requests, none of 40 requests",
        ),
        (
            through(Counters(0, 40), Counters(0, 40), RETRIES, measured=Counters(9, 40)),
            FAIL,
            "no user came; of our own requests, 9 of 40 requests",
        ),
        (
            through(Counters(3, 50), Counters(0, 40), RETRIES, measured=Counters(3, 50), **MET),
            FAIL,
            "3 of 10 requests",
        ),
    ],
)
def test_verdict(ctx: Context, verdict: Verdict, reason: str) -> None:
    found, words = said(ctx)
    assert (found, words[: len(reason)]) == (verdict, reason)


@pytest.mark.untraced
def test_nobody_passes_by_too_few() -> None:
    """Whoever sent what is counted there: a pass takes forty at the member, and nine in ten of our
    own; and no more failed than the exact test bears."""
    passed = 0
    for line, answered, errors in product(range(0, 60, 7), range(0, 130, 9), (0, 1, 3, 9, 20)):
        failed = min(errors, line)
        if said(through(Counters(failed, line), Counters(0, answered)))[0] is PASS:
            passed += 1
            assert min(line, answered) >= OWN
            assert line + 1 >= PINNED * answered
            assert failed <= 3
    assert passed


@pytest.mark.parametrize(
    ("ctx", "members"),
    [
        (through(), ("web1",)),
        (through(Counters(0, 3)), ("web1",)),
        (through(Counters(0, 30), Counters(0, 30)), ("web1",)),
        (through(Counters(0, 30), **MET), ()),
    ],
)
def test_they_are_sent_until_users_are_sure_to_come(ctx: Context, members: tuple[str, ...]) -> None:
    assert lonely(ctx) == members


@pytest.mark.parametrize(
    ("ctx", "note"),
    [
        (
            through(Counters(0, 41), Counters(0, 42)),
            "judged by 41 requests of our own through the load balancer, no user came",
        ),
        (
            through(Counters(1, 44), Counters(1, 41)),
            "judged by 41 requests of our own through the load balancer, hardly a user came, 1 of "
            "them failed",
        ),
        (through(Counters(0, 50), Counters(0, 40), **MET), "50 requests, 40 of them our own"),
        (through(Counters(0, 50), **MET), "50 requests"),
        (through(), "0 requests: passed without evidence"),
    ],
)
def test_note_of_the_soak(ctx: Context, note: str) -> None:
    assert quiet_note(ctx, "web1") == note


def pool(counts: Counters, ours: int) -> tuple[Verdict, str]:
    ctx = through(gate=POOL)
    points = ((ago(30), Counters()), (ago(0), counts))
    lately = Ours(ours, lately=((ago(3), ours),))
    ctx = replace(ctx, state=replace(ctx.state, pool=Tally(counts), points=points, ours=lately))
    sample = sample_due(ctx, POOL, None)
    assert sample is not None
    return sample.verdict, sample.reason


def test_a_gate_on_the_pool_judges_users() -> None:
    """Ours would make their failures look few; and without them nothing is known."""
    assert pool(Counters(0, 60), 0) == (PASS, "none of 60 requests failed")
    assert pool(Counters(0, 60), 60) == (WAITS, "no data: no request yet")
    verdict, reason = pool(Counters(3, 50), 40)
    assert (verdict, reason) == (
        FAIL,
        "3 of 10 requests failed (30 %), 40 requests of our own left out",
    )


def test_who_is_to_blame_is_told_by_users() -> None:
    """Beside many requests of our own that went well, what they met still shows."""
    ctx = through(Counters(5, 205), Counters(0, 200))
    marks = {"web2": Counters(), "web3": Counters()}
    soaking = replace(ctx.state.members["web1"].trial, peers_mark=marks)
    m = replace(ctx.state.members["web1"], trial=soaking)
    tallies = {**ctx.state.tallies, "web2": Tally(Counters(2, 100))}
    state = replace(ctx.state, members={**ctx.state.members, "web1": m}, tallies=tallies)
    assert worse_than_peers(replace(ctx, state=state), POOL) == ("web1",)
    alone = replace(state, ours=Ours())
    assert worse_than_peers(replace(ctx, state=alone), POOL) == ()


def turned_away(ours: tuple[tuple[Any, int], ...], before: float, after: float) -> object:
    out = standing(Phase.OUT, drain_since=ago(10))
    ctx = a_context(out, flows={("lb1", "web"): flow(before=before, after=after)}, fronts={})
    return watch_traffic(replace(ctx, state=replace(ctx.state, ours=Ours(900, 0, ours))))


def test_requests_of_our_own_are_no_traffic() -> None:
    """Where they end, nobody was turned away; and while they go on, somebody may have been."""
    assert turned_away(((ago(12), 59),), before=20, after=0) is None
    halt: Any = turned_away((), before=20, after=0)
    assert halt.cause is Cause.TRAFFIC
    assert turned_away((), before=100, after=10) is None
    assert turned_away(((ago(3), 50),), before=100, after=10) is not None

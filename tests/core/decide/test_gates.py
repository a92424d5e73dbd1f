"""Gates while a rollout runs: what is sampled, what trips and what holds, case by case."""

from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.gates import gate_holds, gates_hold, watch_gates
from controller.core.decide.samples import quiet_note
from controller.core.events import Cause, GateSampled, Halted, RunBegan, Verdict
from controller.core.gates.evidence import Query
from controller.core.gates.gate import CounterGate, MetricGate, Scope, Then
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Counters, Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState
from tests.support.contexts import (
    HALTED,
    JUST_NOW,
    ROLLING_BACK,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
)
from tests.support.tables import Expected, halt, table

PASS, FAIL, UNCLEAR = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
HOLD = seconds(60)
A_MINUTE_AGO = ago(60)
UNCOUNTED = frozenset({("lb2", "web")})
OWN = CounterGate("errors", Scope.MEMBER, 0.01, hold=HOLD)
POOL = CounterGate("pool", Scope.POOL, 0.01, hold=HOLD)
METRIC = MetricGate("metric", Scope.POOL, {Query.VALUE: "up"}, maximum=0.01, hold=HOLD)
OWN_METRIC = MetricGate("metric", Scope.MEMBER, {Query.VALUE: "up"}, maximum=0.01, hold=HOLD)
OVERRIDDEN = RunBegan("me", overrides={"errors": "known", "pool": "known"})


def gated(*gates: Any, **changes: Any) -> Plan:
    return a_plan(gates=gates, **changes)


def served(errors: int, total: int, *, peers: int = 0) -> dict[str, Any]:
    """web1 since its return; the others meanwhile, `peers` of their requests in error."""
    tallies = {"web1": Tally(Counters(errors, total)), "web2": Tally(Counters(peers, 500))}
    return {"tallies": tallies}


def pooled(errors: int, total: int, since: Instant = A_MINUTE_AGO) -> dict[str, Any]:
    """What the pool has served since then."""
    return {"pool": Tally(Counters(errors, total)), "points": ((since, Counters()),)}


def said(
    gate: str,
    verdict: Verdict,
    member: str = "",
    *,
    when: Instant = JUST_NOW,
    failures: int = 1,
    unclear_since: Instant | None = None,
) -> dict[str, Any]:
    """What a gate said last."""
    last = GateState(
        when,
        verdict,
        "so it is",
        failures=failures if verdict is FAIL else 0,
        inconclusive_since=unclear_since,
    )
    return {"gates": {(gate, member): last}}


def soaks(name: str = "web1", **changes: Any) -> MemberState:
    peers = {"peers_mark": {"web2": Counters(), "web3": Counters()}}
    return standing(Phase.SOAKING, name, **peers | changes)


# --- sampling --------------------------------------------------------------------------------


@table(
    "ctx verdict reason",
    {
        "none failed": (a_context(soaks(), plan=gated(OWN), **served(0, 9)), PASS, "none of 9"),
        "half failed": (a_context(soaks(), plan=gated(OWN), **served(5, 10)), FAIL, "5 of 10"),
        "one of few failed": (
            a_context(soaks(), plan=gated(OWN), **served(1, 9)),
            UNCLEAR,
            "1 of 9",
        ),
        "no request yet": (a_context(soaks(), plan=gated(OWN)), UNCLEAR, "no request"),
        "ramping": (
            a_context(standing(Phase.RAMPING), plan=gated(OWN), **served(0, 9)),
            PASS,
            "none of 9",
        ),
        "sampled long enough ago": (
            a_context(
                soaks(),
                plan=gated(OWN),
                **said("errors", PASS, "web1", when=ago(1)),
                **served(5, 10),
            ),
            FAIL,
            "5 of 10",
        ),
        "a balancer does not answer": (
            a_context(soaks(), plan=gated(OWN), silent={"lb2": ago(1)}, **served(0, 9)),
            UNCLEAR,
            "connection refused",
        ),
        "the looks are old": (
            a_context(soaks(), plan=gated(OWN), seen=ago(3), **served(0, 9)),
            UNCLEAR,
            "no fresh look",
        ),
        "the looks are old, and judged before": (
            a_context(
                soaks(), plan=gated(OWN), seen=ago(3), **said("errors", PASS, "web1", when=ago(2))
            ),
            UNCLEAR,
            "no fresh look",
        ),
        "the pool is well": (a_context(plan=gated(POOL), **pooled(0, 900)), PASS, "none of 900"),
        "the pool fails": (a_context(plan=gated(POOL), **pooled(50, 900)), FAIL, "50 of 900"),
        "the pool is well, for a short while": (
            a_context(plan=gated(POOL), **pooled(0, 900, ago(4.9))),
            UNCLEAR,
            "none of 900 requests failed in the first",
        ),
        "the pool is well, for long enough": (
            a_context(plan=gated(POOL), **pooled(0, 900, ago(5))),
            PASS,
            "none of 900",
        ),
        "the pool is well, over a short window": (
            a_context(
                plan=gated(CounterGate("pool", Scope.POOL, 0.01, window=seconds(2))),
                **pooled(0, 900, ago(2)),
            ),
            PASS,
            "none of 900",
        ),
        "the pool fails, for a short while": (
            a_context(plan=gated(POOL), **pooled(50, 900, ago(0.5))),
            FAIL,
            "50 of 900",
        ),
        "the pool, one balancer does not count": (
            a_context(
                plan=gated(POOL),
                pool=Tally(Counters(0, 900), uncounted=UNCOUNTED),
                points=((A_MINUTE_AGO, Counters()),),
            ),
            UNCLEAR,
            "not counted at lb2",
        ),
        "a member, one balancer does not count": (
            a_context(
                soaks(),
                plan=gated(OWN),
                tallies={"web1": Tally(Counters(0, 9), uncounted=UNCOUNTED)},
            ),
            UNCLEAR,
            "not counted at lb2",
        ),
        "the pool, nobody counts": (a_context(plan=gated(POOL)), UNCLEAR, "no request"),
    },
)
def test_sampled(ctx: Context, verdict: Verdict, reason: str) -> None:
    """A gate on counters is judged when it is due; missing evidence is never a pass (S5)."""
    output = watch_gates(ctx)
    assert isinstance(output, GateSampled)
    gate = ctx.plan.policies.gates[0]
    assert (output.gate, output.member) == (
        gate.name,
        None if gate.scope is Scope.POOL else "web1",
    )
    assert output.verdict is verdict
    assert reason in output.reason


@table(
    "ctx",
    {
        "no gates": (a_context(soaks()),),
        "nobody to judge": (a_context(standing(Phase.CHECKING), plan=gated(OWN)),),
        "after a crash, before it is marked": (a_context(soaks(mark=None), plan=gated(OWN)),),
        "failed already": (a_context(soaks(condemned=True), plan=gated(OWN)),),
        "not due": (
            a_context(soaks(), plan=gated(OWN), **said("errors", PASS, "web1", when=ago(0.9))),
        ),
        "nothing new was seen": (
            a_context(
                soaks(), plan=gated(OWN), seen=ago(1.5), **said("errors", PASS, "web1", when=ago(1))
            ),
        ),
        "a balancer was never asked": (a_context(plan=gated(POOL), unasked=("lb2",)),),
        "a metrics system is asked elsewhere": (a_context(plan=gated(METRIC)),),
    },
)
def test_not_sampled(ctx: Context) -> None:
    """What is not due, or has nothing new to judge, is not sampled."""
    assert watch_gates(ctx) is None


# --- tripping --------------------------------------------------------------------------------


def own_gate(verdict: Verdict, *members: MemberState, **more: Any) -> Context:
    """The gate on members said so of web1 just now."""
    plan = more.pop("plan", gated(OWN))
    word = said("errors", verdict, "web1", **more.pop("word", {}))
    return a_context(*(members or (soaks(),)), plan=plan, **word, **more)


def pool_gate(verdict: Verdict, *members: MemberState, **more: Any) -> Context:
    """The gate on the pool said so just now."""
    plan = more.pop("plan", gated(POOL))
    word = said("pool", verdict, **more.pop("word", {}))
    return a_context(*members, plan=plan, **pooled(50, 900), **word, **more)


def old(count: float) -> dict[str, Any]:
    return {"word": {"unclear_since": ago(count)}}


PATIENT = CounterGate("errors", Scope.MEMBER, 0.01, failures=3)
LENIENT = CounterGate("errors", Scope.MEMBER, 0.01, hold=HOLD, then=Then.PASS)
METRIC_WORD = {("metric", ""): GateState(ago(0.5), FAIL, "so it is", failures=1)}


@table(
    "ctx output",
    {
        "passed": (own_gate(PASS), None),
        "failed": (
            own_gate(FAIL),
            halt(Cause.GATE, "so it is since the return of web1", "web1", "errors", ("web1",)),
        ),
        "failed, and overridden": (own_gate(FAIL, run=OVERRIDDEN), None),
        "failed too rarely": (
            own_gate(FAIL, plan=gated(PATIENT), word={"failures": 2}),
            None,
        ),
        "failed often enough": (
            own_gate(FAIL, plan=gated(PATIENT), word={"failures": 3}),
            halt(Cause.GATE, "so it is", "web1", "errors", ("web1",)),
        ),
        "failed, and another one has the same version": (
            own_gate(FAIL, soaks(), standing(Phase.RAMPING, "web2", mark=None)),
            halt(Cause.GATE, "so it is", "web1", "errors", ("web1", "web2")),
        ),
        "failed, and another one is proven": (
            own_gate(FAIL, soaks(), standing(Phase.DONE, "web2")),
            halt(Cause.GATE, "so it is", "web1", "errors", ("web1",)),
        ),
        "failed while rolling back": (
            own_gate(FAIL, **ROLLING_BACK),
            halt(Cause.GATE, "so it is", "web1", "errors", ("web1",)),
        ),
        "the pool fails, nobody is to blame": (
            pool_gate(FAIL),
            halt(Cause.GATE, "so it is in the pool, over the last", None, "pool"),
        ),
        "the pool fails, web1 no more than the others": (
            pool_gate(FAIL, soaks(), **served(5, 50, peers=50)),
            halt(Cause.GATE, "so it is in the pool", None, "pool"),
        ),
        "the pool fails, web1 more than the others": (
            pool_gate(FAIL, soaks(), **served(25, 50)),
            halt(Cause.GATE, "so it is in the pool", "web1", "pool", ("web1",)),
        ),
        "the pool fails, web1 may, but not all were seen at once": (
            pool_gate(FAIL, soaks(), full=ago(0.9), **served(25, 50)),
            halt(Cause.GATE, "so it is in the pool", None, "pool"),
        ),
        "the pool fails, web1 is not marked": (
            pool_gate(FAIL, soaks(mark=None), **served(25, 50)),
            halt(Cause.GATE, "so it is in the pool", None, "pool"),
        ),
        "the pool fails while rolling back": (pool_gate(FAIL, **ROLLING_BACK), None),
        "a metrics gate fails": (
            a_context(plan=gated(METRIC), gates=METRIC_WORD),
            halt(Cause.GATE, "so it is in the pool", None, "metric"),
        ),
    },
)
def test_tripped(ctx: Context, output: Expected) -> None:
    """A failed gate halts at once; who is to go out again is named (S6)."""
    assert watch_gates(ctx) == output


@table(
    "ctx output",
    {
        "for a while": (pool_gate(UNCLEAR, **old(59)), None),
        "for too long": (
            pool_gate(UNCLEAR, **old(60)),
            halt(Cause.GATE, "inconclusive for 1m: so it is", None, "pool"),
        ),
        "for too long, but a balancer was away": (
            pool_gate(UNCLEAR, unseen=((ago(70), ago(50)),), **old(69)),
            None,
        ),
        "for too long, a balancer was away before": (
            pool_gate(UNCLEAR, unseen=((ago(90), ago(60)),), **old(60)),
            halt(Cause.GATE, "inconclusive for 1m: so it is", None, "pool"),
        ),
        "for too long, but this run has just begun": (
            pool_gate(UNCLEAR, began_at=ago(64), **old(99)),
            None,
        ),
        "for too long since this run began": (
            pool_gate(UNCLEAR, began_at=ago(65), **old(99)),
            halt(Cause.GATE, "inconclusive for 1m: so it is", None, "pool"),
        ),
        "for too long, a metrics system remembers": (
            a_context(
                plan=gated(METRIC),
                began_at=ago(60),
                **said("metric", UNCLEAR, unclear_since=ago(99)),
            ),
            halt(Cause.GATE, "inconclusive for 1m", None, "metric"),
        ),
        "for too long, and overridden": (pool_gate(UNCLEAR, run=OVERRIDDEN, **old(99)), None),
        "for too long, and it may pass": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(999)), plan=gated(LENIENT), **old(999)),
            None,
        ),
        "for too long, rolling back": (pool_gate(UNCLEAR, **ROLLING_BACK, **old(99)), None),
        "a member, before its soak is over": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(89)), **old(99)),
            None,
        ),
        "a member, after its soak": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(90)), **old(99)),
            halt(Cause.GATE, "inconclusive for 1m", "web1", "errors"),
        ),
        "a member, a balancer was away in its soak": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(99)), unseen=((ago(98), ago(88)),), **old(60)),
            None,
        ),
        "a member, inconclusive since a moment": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(999)), **old(59)),
            None,
        ),
        "a member that still warms up": (
            own_gate(UNCLEAR, soaks(warmed_at=None), **old(999)),
            None,
        ),
    },
)
def test_silent(ctx: Context, output: Expected) -> None:
    """Evidence that stays missing halts, unless the operator chose otherwise (S5)."""
    assert watch_gates(ctx) == output


def after_halt(seconds_long: float = 0.5, **more: Any) -> dict[str, Any]:
    return {**HALTED, "halted_at": ago(seconds_long), **more}


@table(
    "ctx output",
    {
        "a member passes": (own_gate(PASS, **after_halt()), None),
        "a member fails": (
            own_gate(FAIL, **after_halt(99)),
            halt(Cause.GATE, "so it is since the return of web1", "web1", "errors", ("web1",)),
        ),
        "a member is inconclusive": (
            own_gate(UNCLEAR, soaks(warmed_at=ago(999)), **after_halt(), **old(999)),
            None,
        ),
        "the pool fails, web1 more than the others": (
            pool_gate(FAIL, soaks(), **served(25, 50), **after_halt()),
            halt(Cause.GATE, "web1 fails more of its requests", "web1", "pool", ("web1",)),
        ),
        "the pool fails, web1 no more than the others": (
            pool_gate(FAIL, soaks(), **served(5, 50, peers=50), **after_halt()),
            None,
        ),
        "the pool fails, web1 failed already": (
            pool_gate(FAIL, soaks(condemned=True), **served(25, 50), **after_halt()),
            None,
        ),
        "the pool fails, for long": (
            pool_gate(FAIL, soaks(), **served(25, 50), **after_halt(1)),
            None,
        ),
        "the pool fails, for long, and web1 has just returned": (
            pool_gate(FAIL, soaks(returned_at=ago(0.5)), **served(25, 50), **after_halt(1)),
            halt(Cause.GATE, "web1 fails more of its requests", "web1", "pool", ("web1",)),
        ),
        "the pool fails, after a way back": (
            pool_gate(FAIL, soaks(), **served(25, 50), **after_halt(rolling=("web3",))),
            None,
        ),
        "the pool fails, it is not known since when it halted": (
            pool_gate(FAIL, soaks(), **served(25, 50), **after_halt(halted_at=None)),
            None,
        ),
    },
)
def test_after_a_halt(ctx: Context, output: Expected) -> None:
    """Who is in rotation still is judged on; the pool is for a second, to say who is to blame."""
    assert watch_gates(ctx) == output


def test_what_the_balancer_says_stands_beside_it() -> None:
    """A gate has figures; what became of the member says more."""
    last = GateState(ago(0.1), Verdict.FAIL, "1, above 0", failures=1)
    ctx = a_context(
        standing(Phase.SOAKING),
        plan=a_plan(gates=(OWN_METRIC,)),
        shows={"ailment": "container web: OOMKilled, exit code 137"},
        gates={("metric", "web1"): last},
    )
    output = watch_gates(ctx)
    assert isinstance(output, Halted)
    assert output.seen.endswith("return of web1 (container web: OOMKilled, exit code 137)")


def test_gates_come_in_their_order() -> None:
    """The first gate that has something to say is heard."""
    ctx = own_gate(FAIL, plan=gated(POOL, OWN))
    assert isinstance(watch_gates(ctx), GateSampled)
    assert isinstance(watch_gates(own_gate(FAIL, plan=gated(METRIC, OWN))), Halted)


# --- holding ---------------------------------------------------------------------------------


@table(
    "gate ctx holds",
    {
        "has not spoken": (OWN, a_context(plan=gated(OWN)), False),
        "passed": (OWN, own_gate(PASS), True),
        "passed before nobody looked for a while": (
            OWN,
            own_gate(PASS, word={"when": ago(60)}, unseen=((ago(50), ago(47.9)),)),
            False,
        ),
        "passed before nobody looked for a moment": (
            OWN,
            own_gate(PASS, word={"when": ago(60)}, unseen=((ago(50), ago(48)),)),
            True,
        ),
        "passed since": (OWN, own_gate(PASS, unseen=((ago(50), ago(5)),)), True),
        "failed": (OWN, own_gate(FAIL), False),
        "inconclusive": (OWN, own_gate(UNCLEAR, **old(999)), False),
        "overridden": (OWN, own_gate(FAIL, run=OVERRIDDEN), True),
        "no run yet": (OWN, own_gate(FAIL, run=None), False),
        "may pass, not yet": (LENIENT, own_gate(UNCLEAR, plan=gated(LENIENT), **old(59)), False),
        "may pass": (LENIENT, own_gate(UNCLEAR, plan=gated(LENIENT), **old(60)), True),
        "may pass, a balancer was away": (
            LENIENT,
            own_gate(UNCLEAR, plan=gated(LENIENT), unseen=((ago(9), ago(8)),), **old(60)),
            False,
        ),
        "may pass, but has not spoken": (LENIENT, a_context(plan=gated(LENIENT)), False),
        "rolling back, inconclusive": (OWN, own_gate(UNCLEAR, **ROLLING_BACK), True),
        "rolling back, failed": (OWN, own_gate(FAIL, **ROLLING_BACK), False),
    },
)
def test_gate_of_a_member_holds(gate: CounterGate, ctx: Context, holds: bool) -> None:
    """Only a pass holds, or what the operator decided (S5)."""
    assert gate_holds(ctx, gate, "web1") is holds
    assert gates_hold(ctx, "web1", Scope.MEMBER) is holds


@table(
    "ctx holds",
    {
        "passed": (pool_gate(PASS), True),
        "failed": (pool_gate(FAIL), False),
        "rolling back, failed": (pool_gate(FAIL, **ROLLING_BACK), True),
    },
)
def test_gate_of_the_pool_holds(ctx: Context, holds: bool) -> None:
    """On the way back the pool may still be failing."""
    assert gate_holds(ctx, POOL, None) is holds
    assert gates_hold(ctx, "web1", Scope.MEMBER)  # no gate of that scope: nothing against it


@table(
    "counts gates note",
    {
        "much": ((0, 99), (OWN,), "99 requests"),
        "little": ((0, 9), (OWN,), "quiet: 9 requests"),
        "little, some failed": ((1, 9), (OWN,), "9 requests, 11.1 % failed"),
        "nothing": ((0, 0), (OWN,), "0 requests: passed without evidence"),
        "nothing, no gates": ((0, 0), (), "0 requests"),
        "one": ((0, 1), (), "1 request"),
    },
)
def test_note_of_a_soak(counts: tuple[int, int], gates: tuple[Any, ...], note: str) -> None:
    """What a soak proved, for people."""
    ctx = a_context(soaks(), plan=gated(*gates), **served(*counts))
    assert quiet_note(ctx, "web1") == note


def test_note_of_a_soak_that_not_all_counted() -> None:
    """A sum without all of its parts proves nothing, and the report says whose is missing."""
    ctx = a_context(soaks(), tallies={"web1": Tally(Counters(0, 9), uncounted=UNCOUNTED)})
    assert "lb2" in quiet_note(ctx, "web1")


@pytest.mark.parametrize("metric", [METRIC, OWN_METRIC])
def test_time_of_the_last_look_is_no_matter_to_metrics(metric: MetricGate) -> None:
    """A gate that asks a metrics system trips on its last word, whatever was seen of the pool."""
    member = None if metric.scope is Scope.POOL else "web1"
    word = said("metric", FAIL, member or "", when=JUST_NOW)
    output = watch_gates(a_context(soaks(), plan=gated(metric), seen=ago(99), **word))
    assert isinstance(output, Halted)
    assert output.member == member

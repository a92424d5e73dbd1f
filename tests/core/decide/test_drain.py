"""From the question whether to begin at all to a member that is out: what follows, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.drain import asking, draining, due, holding, out
from controller.core.events import (
    CapacityBack,
    CapacityShort,
    Cause,
    MemberFoundOut,
    MemberLeft,
    MemberMoved,
    MemberStoodDown,
    RunBegan,
    StepsUndone,
    Verdict,
)
from controller.core.gates.flow import Flow
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Counters, Seat
from controller.core.settings import OnTimeout
from controller.core.state.parts import MemberState
from controller.core.state.state import Former, GateState
from controller.core.steps import (
    AskGuard,
    AskOperator,
    Course,
    RunStep,
    SetMember,
    Setting,
    Validate,
)
from tests.support.contexts import (
    ANOTHER,
    DRAINS,
    FAILING,
    FOUND,
    HALTED,
    OUT,
    READY,
    RELOADED,
    ROLLING_BACK,
    SEATS,
    WORKER,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, sets, table

BUSY = {"in_flight": 1}
JUST_SEEN = Flow(WORKER, ((ago(0.1), Counters()), (ago(0), Counters(0, 9))), rate=90)
TAKEN_OUT = SetMember("web1", Setting.DRAIN, FOUND, seats=SEATS)
QUESTION = AskGuard("web1", Course.UPGRADE, 3)
ELSEWHERE = MemberMoved("web1", "10.0.0.1:80", tuple(Seat(one.key, ANOTHER) for one in SEATS))
POOL = CounterGate("pool", Scope.POOL, 0.01)
GATED = a_plan(gates=(POOL,))
PASSED = {("pool", ""): GateState(ago(1), Verdict.PASS, "none failed")}


def its_turn(**changes: Any) -> MemberState:
    return standing(Phase.DUE, **{"since": ago(0.1), **changes})


def lost_partners(*members: MemberState, **more: Any) -> Context:
    """Those but the first no longer serve."""
    return a_context(*members, others=FAILING, **more)


@table(
    "ctx output",
    {
        "asked already": (a_context(standing(Phase.ASKING, work=QUESTION)), None),
        "a crash meanwhile": (
            a_context(standing(Phase.ASKING, serial=3)),
            AskGuard("web1", Course.UPGRADE, 3, SEATS),
        ),
        "elsewhere now": (
            a_context(
                standing(Phase.ASKING, work=QUESTION, seats=SEATS), shows={"occupant": ANOTHER}
            ),
            ELSEWHERE,
        ),
    },
)
def test_asking(ctx: Context, output: Expected) -> None:
    """`unless` is asked once, and asked again after a crash."""
    assert asking(ctx, the(ctx)) == output


STEPWISE: dict[str, Any] = {"run": RunBegan("me", stepwise=True)}


@table(
    "ctx output",
    {
        "nothing against it": (a_context(its_turn()), TAKEN_OUT),
        "the operator is being asked": (
            a_context(its_turn(work=AskOperator("web1")), **STEPWISE),
            None,
        ),
        "step by step": (a_context(its_turn(), **STEPWISE), AskOperator("web1")),
        "step by step, approved": (a_context(its_turn(approved=True), **STEPWISE), TAKEN_OUT),
        "paused": (a_context(its_turn(), paused=True), None),
        "halted": (a_context(its_turn(), **HALTED), None),
        "the pool was seen too long ago": (
            a_context(its_turn(since=ago(5)), seen=ago(0.6)),
            None,
        ),
        "the pool was seen before its turn came": (a_context(its_turn(since=ago(0.005))), None),
        "one balancer does not answer": (a_context(its_turn(), silent={"lb2": ago(1)}), None),
        "out at one balancer, and not by us": (
            a_context(its_turn(), at={"lb2": OUT}),
            saying(MemberLeft, "(web at lb2)"),
        ),
        "without weight, and not by us": (
            a_context(its_turn(), shows={"weight": 0}),
            saying(MemberLeft, "(web at lb1)"),
        ),
        "elsewhere now": (
            a_context(its_turn(seats=SEATS), shows={"occupant": ANOTHER}),
            ELSEWHERE,
        ),
        "a pool gate has not spoken": (a_context(its_turn(), plan=GATED), None),
        "the pool gate passed": (a_context(its_turn(), plan=GATED, gates=PASSED), TAKEN_OUT),
        "the way back needs no gate": (
            a_context(its_turn(), plan=GATED, **ROLLING_BACK),
            TAKEN_OUT,
        ),
        "ours, and out everywhere": (
            a_context(its_turn(found=FOUND), shows=OUT),
            MemberFoundOut("web1"),
        ),
        "ours, and its steps ended well for another one": (
            a_context(
                its_turn(found=FOUND, step=1, done_for=(replace(SEATS[0], occupant=ANOTHER),)),
                shows=OUT,
            ),
            saying(StepsUndone, "lb1 shows 10.0.0.1:80 in its place"),
        ),
        "ours, and only drained at one": (
            a_context(its_turn(found=FOUND), shows=OUT, at={"lb2": DRAINS}),
            TAKEN_OUT,
        ),
        "the floor would not hold": (lost_partners(its_turn()), CapacityShort(0, "web at lb1")),
        "the floor does not hold yet": (
            lost_partners(its_turn(), short_since=ago(599)),
            None,
        ),
        "the floor was waited for": (
            lost_partners(its_turn(), short_since=ago(600)),
            halt(Cause.FLOOR, "without the next member 0 would serve (web at lb1)", member=None),
        ),
        "the floor fails before anything was touched": (
            lost_partners(its_turn(), touched=False),
            halt(Cause.FLOOR, "0 would serve", member=None),
        ),
        "the floor fails because of one in progress": (
            a_context(its_turn(), standing(Phase.OUT, "web2"), plan=a_plan(2)),
            None,
        ),
        "the floor fails while another one is due as well": (
            lost_partners(its_turn(), standing(Phase.DUE, "web2")),
            CapacityShort(0, "web at lb1"),
        ),
        "another one goes first, which is out because of us": (
            a_context(its_turn(), standing(Phase.WAITING, "web2", found=FOUND)),
            MemberStoodDown("web1"),
        ),
        "cannot be held out: its step takes it out": (
            a_context(its_turn(), plan=a_plan(holds_out=False)),
            RunStep("web1", Course.UPGRADE, 0, 0, SEATS, FOUND),
        ),
        "cannot be held out, and has no step": (
            a_context(its_turn(), plan=a_plan(holds_out=False, upgrade=CourseShape(0))),
            TAKEN_OUT,
        ),
        "the floor holds for it, and not for another one that is due": (
            a_context(
                its_turn(),
                standing(Phase.DUE, "web2"),
                shows=FAILING,
                plan=a_plan(min_available=2, max_unavailable=2),
                short_since=ago(9),
            ),
            TAKEN_OUT,
        ),
        "the floor holds again": (a_context(its_turn(), short_since=ago(9)), CapacityBack(2)),
        "its pool is busy, and was watched for a moment": (
            a_context(its_turn(), flows={("lb1", "web"): JUST_SEEN}),
            None,
        ),
        "a former worker still serves": (
            a_context(its_turn(), lingering={"lb2": True}, began_at=ago(299)),
            None,
        ),
        "a former worker does not end": (
            a_context(its_turn(), lingering={"lb2": True}, began_at=ago(300)),
            halt(Cause.MEMBER, "worker of lb2"),
        ),
        "a former worker still serves, but the member is out already": (
            a_context(its_turn(found=FOUND), lingering={"lb2": True}),
            TAKEN_OUT,
        ),
    },
)
def test_due(ctx: Context, output: Expected) -> None:
    """A member is taken out as soon as nothing speaks against it (S2, S5, S8)."""
    assert due(ctx, the(ctx)) == output


def drains(seconds_long: float = 5, **changes: Any) -> MemberState:
    begin = ago(seconds_long)
    values = {"set_at": begin, "since": begin, "drain_since": begin}
    return standing(Phase.DRAINING, **{**values, **changes})


def unknown(**changes: Any) -> MemberState:
    """Whether it was drained is not known."""
    return drains(**{"set_at": None, "confirmed": None, **changes})


STICKY = a_plan(sticky={"web": "a cookie"})
TO_BE_CUT = a_plan(sticky={"web": "a cookie"}, on_timeout=OnTimeout.CUT)
CUTS = {"out_cuts": True}
"""To be set out ends its sessions."""


@table(
    "ctx output",
    {
        "unknown: the pool was not seen": (a_context(unknown(), full=ago(3)), None),
        "unknown: it was not drained": (a_context(unknown(), shows=READY), sets(Setting.RESTORE)),
        "unknown: it was drained": (a_context(unknown()), sets(Setting.DRAIN)),
        "unknown: at one balancer only": (
            a_context(unknown(), at={"lb2": READY}),
            sets(Setting.DRAIN),
        ),
        "the first try failed": (a_context(unknown(tries=1), shows=READY), sets(Setting.DRAIN)),
        "changed before, and not drained": (
            a_context(unknown(begun=True), shows=READY),
            sets(Setting.HOLD),
        ),
        "changed before, and proven since": (
            a_context(unknown(begun=True, proven=True), shows=READY),
            sets(Setting.DRAIN),
        ),
        "unknown, and a partner was lost": (lost_partners(unknown()), sets(Setting.RESTORE)),
        "unknown, and somebody else put it back": (
            a_context(unknown(confirmed=Setting.DRAIN), at={"lb2": READY}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "a reload forgot it": (
            a_context(drains(), at={"lb2": READY}, workers={"lb2": RELOADED}),
            sets(Setting.DRAIN),
        ),
        "a reload forgot it, and a partner was lost": (
            lost_partners(drains(), at={"lb2": READY}, workers={"lb2": RELOADED}),
            sets(Setting.RESTORE),
        ),
        "somebody else put it back": (
            a_context(drains(), at={"lb2": READY}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "somebody else put it back, and a partner was lost": (
            lost_partners(drains(), at={"lb2": READY}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "a partner was lost": (lost_partners(drains(), shows=BUSY), sets(Setting.RESTORE)),
        "a partner was lost, but it is changed already": (
            lost_partners(drains(begun=True, proven=True), shows=BUSY),
            None,
        ),
        "not seen since it was set": (a_context(drains(0.005)), None),
        "quiet": (a_context(drains()), sets(Setting.HOLD)),
        "nobody counts what is in flight": (
            a_context(drains(), shows={"in_flight": None}),
            sets(Setting.HOLD),
        ),
        "busy at one balancer": (a_context(drains(), at={"lb2": BUSY}), None),
        "busy for too long": (
            a_context(drains(300), at={"lb2": BUSY}),
            halt(Cause.MEMBER, "1 request or session"),
        ),
        "several for too long": (
            a_context(drains(300), shows=BUSY),
            halt(Cause.MEMBER, "2 requests or sessions"),
        ),
        "busy for too long, and to be cut": (
            a_context(drains(300), shows=BUSY, plan=a_plan(on_timeout=OnTimeout.CUT)),
            sets(Setting.HOLD),
        ),
        "sticky: clients may still come": (a_context(drains(29), plan=STICKY), None),
        "sticky: its time is over": (a_context(drains(30), plan=STICKY), sets(Setting.HOLD)),
        "sticky: its time is over, and work is in flight": (
            a_context(drains(299), plan=STICKY, at={"lb2": BUSY}),
            None,
        ),
        "sticky: never a moment without work in flight": (
            a_context(drains(300), plan=STICKY, shows=BUSY),
            sets(Setting.HOLD),
        ),
        "sticky: its sessions do not end, and would be cut": (
            a_context(drains(300), plan=STICKY, at={"lb2": BUSY | CUTS}),
            halt(Cause.MEMBER, "1 request or session"),
        ),
        "sticky: its sessions do not end, and may be cut": (
            a_context(drains(300), plan=TO_BE_CUT, shows=BUSY | CUTS),
            sets(Setting.HOLD),
        ),
        "sticky: for longer than work in flight may last": (
            a_context(
                drains(25), plan=a_plan(sticky=STICKY.sticky, timeout=seconds(20)), shows=BUSY
            ),
            None,
        ),
        "clients still come, as if sticky": (a_context(drains(29, persistent=True)), None),
        "clients came, and their time is over": (
            a_context(drains(30, persistent=True)),
            sets(Setting.HOLD),
        ),
    },
)
def test_draining(ctx: Context, output: Expected) -> None:
    """A drain ends in being held out, in going back at once (S2), or in a halt."""
    assert draining(ctx, the(ctx)) == output


def held(**changes: Any) -> MemberState:
    """Told to be held, and not known whether it is."""
    return standing(Phase.HOLDING, **changes)


@table(
    "ctx output",
    {
        "drained": (a_context(held(), shows=DRAINS), sets(Setting.HOLD)),
        "one balancer does not answer": (a_context(held(), silent={"lb2": ago(1)}), None),
        "the pool was not seen": (a_context(held(), full=ago(3)), None),
        "somebody else put it back": (
            a_context(held(), shows=READY),
            halt(Cause.FOREIGN, "web1 at lb1"),
        ),
        "a partner was lost": (lost_partners(held()), sets(Setting.RESTORE)),
        "a partner was lost, but it is changed already": (
            lost_partners(held(begun=True)),
            sets(Setting.HOLD),
        ),
    },
)
def test_holding(ctx: Context, output: Expected) -> None:
    """What was to be held out is held once more, unless it should not be out at all."""
    assert holding(ctx, the(ctx)) == output


def came_back(phase: Phase = Phase.SOAKING, **changes: Any) -> MemberState:
    """A partner that was out before, and whose clients came as long as it drained."""
    values = {"name": "web2", "persistent": True}
    return standing(phase, **{**values, **changes})


def is_out(seconds_long: float = 5, **changes: Any) -> MemberState:
    begin = ago(seconds_long)
    return standing(Phase.OUT, **{"since": begin, "drain_since": begin, **changes})


QUIET_SINCE = tuple(
    (ago(3.3 - second / 10), Counters(0, min(300, 10 * second))) for second in range(34)
)
"""100 requests a second, until 0.3 s ago."""
STEP = RunStep("web1", Course.UPGRADE, 0, 0, SEATS)
REHEARSED = a_plan(upgrade=CourseShape(0))
REHEARSED_WITH_GUARD = a_plan(upgrade=CourseShape(0, has_guard=True))
NOT_QUIET: dict[str, Any] = {"quiet": {}}


@table(
    "ctx output",
    {
        "clear": (a_context(is_out()), STEP),
        "clear, nothing to run": (
            a_context(is_out(), plan=REHEARSED),
            Validate("web1", Course.UPGRADE, SEATS),
        ),
        "clear, nothing to run, to be proven": (
            a_context(is_out(), plan=REHEARSED_WITH_GUARD),
            AskGuard("web1", Course.UPGRADE, 0, SEATS),
        ),
        "a reload forgot it": (
            a_context(is_out(), at={"lb2": READY}, workers={"lb2": RELOADED}),
            sets(Setting.HOLD),
        ),
        "somebody else put it back": (
            a_context(is_out(), at={"lb2": READY}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "a partner was lost": (lost_partners(is_out()), sets(Setting.RESTORE)),
        "a partner was lost, but it is changed already": (
            lost_partners(is_out(begun=True)),
            STEP,
        ),
        "clients came as long as it drained, and it is out for a moment": (
            a_context(is_out(0.9, persistent=True)),
            None,
        ),
        "users are not seen to reach the pool yet": (
            a_context(is_out(0.3), flows={("lb1", "web"): Flow(WORKER, QUIET_SINCE)}),
            None,
        ),
        "clients came as long as it drained, and then no more": (
            a_context(is_out(1, persistent=True)),
            STEP,
        ),
        "clients came, and a partner has shown that they come no more": (
            a_context(is_out(0.1, persistent=True), came_back()),
            STEP,
        ),
        "clients came, and a partner that is done has shown it": (
            a_context(is_out(0.1, persistent=True), came_back(Phase.DONE)),
            STEP,
        ),
        "clients came, and a partner that is out too has not shown it yet": (
            a_context(is_out(0.1, persistent=True), came_back(Phase.OUT)),
            None,
        ),
        "clients came, and no partner's did": (
            a_context(is_out(0.1, persistent=True), came_back(persistent=False)),
            None,
        ),
        "clients came, and the partner is not in all of its places": (
            a_context(is_out(0.1, persistent=True), came_back(), gone={"lb2": "web2"}),
            None,
        ),
        "clients came, and a load balancer was reloaded since the partner was out": (
            a_context(
                is_out(0.1, persistent=True),
                came_back(),
                formers={"lb2": Former((WORKER,), ago(-9))},
            ),
            None,
        ),
        "still busy": (a_context(is_out(**NOT_QUIET), shows=BUSY), None),
        "busy for too long since its drain": (
            a_context(is_out(since=ago(5), drain_since=ago(300), **NOT_QUIET), shows=BUSY),
            halt(Cause.MEMBER, "2 requests or sessions"),
        ),
        "busy, its drain not seen": (
            a_context(is_out(299, drain_since=None, **NOT_QUIET), shows=BUSY),
            None,
        ),
        "sticky: the time counts from when it was out": (
            a_context(
                is_out(since=ago(299), drain_since=ago(400), **NOT_QUIET), shows=BUSY, plan=STICKY
            ),
            None,
        ),
        "clients came: the time counts from when it was out": (
            a_context(is_out(300, persistent=True, **NOT_QUIET), shows=BUSY),
            halt(Cause.MEMBER, "still in flight at web1"),
        ),
    },
)
def test_out(ctx: Context, output: Expected) -> None:
    """A step starts on a member that is out and quiet (S3); else it is waited for."""
    assert out(ctx, the(ctx)) == output

"""When a step may start, and what becomes of a member that is not quiet, case by case."""

from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.in_flight import is_clear, run_step, still_busy, still_reached
from controller.core.events import Cause, Halted, UseSeen, Verdict
from controller.core.gates.gate import MetricGate, Scope
from controller.core.phases import Phase
from controller.core.settings import OnTimeout
from controller.core.state.parts import MemberState
from controller.core.state.state import Former
from controller.core.steps import Course, RunStep, Setting
from tests.support.contexts import (
    SEATS,
    WORKER,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
    the,
)
from tests.support.tables import Expected, halt, sets, table

CUT = a_plan(on_timeout=OnTimeout.CUT)
HELD_BY_NOBODY = a_plan(holds_out=False)
SETTLING = a_plan(settle=seconds(3))
BUSY = {"in_flight": 1}
IN_USE = {**BUSY, "in_flight_as": "2 visitors, one of them asleep"}
IDLE = a_plan(idle=MetricGate("drain.idle", Scope.MEMBER, {}, maximum=0))
STEP = RunStep("web1", Course.UPGRADE, 0, 0, SEATS)


def member(first: float = 4, last: float = 0.01, **changes: Any) -> MemberState:
    """Out, and quiet at lb2 from `first` to `last` seconds ago."""
    quiet = {"lb1": (ago(4), ago(0.01)), "lb2": (ago(first), ago(last))}
    return standing(Phase.OUT, **{"quiet": quiet, **changes})


def busy(**changes: Any) -> MemberState:
    return standing(Phase.OUT, quiet={}, **changes)


def use(verdict: Verdict, since: float = 0.5) -> UseSeen:
    return UseSeen("web1", ago(since), verdict, "3, above 0")


def former(until: float, *, is_seen: bool | None) -> dict[str, Any]:
    """A replaced worker of lb2, reckoned with until so many seconds ago."""
    return {"formers": {"lb2": Former((WORKER,), ago(until))}, "lingering": {"lb2": is_seen}}


@table(
    "ctx clear",
    {
        "quiet everywhere": (a_context(member()), True),
        "quiet in two looks 20 ms apart": (a_context(member(0.03, 0.01)), True),
        "quiet in two looks too close": (a_context(member(0.029, 0.01)), False),
        "quiet in one look": (a_context(member(0.01, 0.01)), False),
        "quiet at one balancer": (
            a_context(standing(Phase.OUT, quiet={"lb1": (ago(4), ago(1))})),
            False,
        ),
        "seen two seconds ago": (a_context(member(4, 2)), True),
        "seen too long ago": (a_context(member(4, 2.1)), False),
        "one balancer does not answer": (a_context(member(), silent={"lb2": ago(0.1)}), False),
        "the balancer needs time to settle": (a_context(member(2), plan=SETTLING), False),
        "the balancer has settled": (a_context(member(3.1), plan=SETTLING), True),
        "what cannot be held out": (a_context(busy(), plan=HELD_BY_NOBODY), True),
        "what cannot be held out, unseen": (
            a_context(busy(), plan=HELD_BY_NOBODY, silent={"lb2": ago(0.1)}),
            False,
        ),
        "nobody has said whether it is in use": (a_context(member(), plan=IDLE), False),
        "nobody uses it": (a_context(member(use=use(Verdict.PASS)), plan=IDLE), True),
        "nobody used it two seconds ago": (
            a_context(member(use=use(Verdict.PASS, 2.1)), plan=IDLE),
            False,
        ),
        "it is in use": (a_context(member(use=use(Verdict.FAIL)), plan=IDLE), False),
        "it is not known whether it is in use": (
            a_context(member(use=use(Verdict.INCONCLUSIVE)), plan=IDLE),
            False,
        ),
        "a former worker is there": (a_context(member(), **former(9, is_seen=True)), False),
        "a former worker is gone": (a_context(member(), **former(-9, is_seen=False)), True),
        "a former worker may be there": (a_context(member(), **former(-9, is_seen=None)), False),
        "a former worker has had its time": (a_context(member(), **former(9, is_seen=None)), True),
        "replaced before the run, and seen": (
            a_context(member(), lingering={"lb2": True}),
            False,
        ),
        "replaced before the run, and gone": (
            a_context(member(), lingering={"lb2": False}, running_since={"lb2": ago(1)}),
            True,
        ),
        "replaced lately, and not to be seen": (
            a_context(member(), running_since={"lb2": ago(299)}),
            False,
        ),
        "replaced long ago, and not to be seen": (
            a_context(member(), running_since={"lb2": ago(300)}),
            True,
        ),
    },
)
def test_clear(ctx: Context, clear: bool) -> None:
    """Out with nothing in flight in two looks apart, everywhere, a moment ago (S3, S9)."""
    assert is_clear(ctx, the(ctx)) is clear


@table(
    "ctx since output",
    {
        "clear": (a_context(member()), ago(5), STEP),
        "not clear": (a_context(busy(), shows=BUSY), ago(5), None),
        "not clear for too long": (
            a_context(busy(), shows=BUSY),
            ago(300),
            halt(Cause.MEMBER, "2 requests or sessions"),
        ),
    },
)
def test_run_step(ctx: Context, since: Any, output: Expected) -> None:
    """A step runs as soon as it may, and not before."""
    assert run_step(ctx, the(ctx), since) == output


@table(
    "ctx since output",
    {
        "there is time": (a_context(busy(), shows=BUSY), ago(299), None),
        "no time is left": (
            a_context(busy(), at={"lb2": BUSY}),
            ago(300),
            halt(Cause.MEMBER, "1 request or session was still in flight at web1 after 5m"),
        ),
        "in the balancer's own words": (
            a_context(busy(), shows=IN_USE),
            ago(300),
            halt(Cause.MEMBER, "web1 is still in use after 5m: 2 visitors, one of them asleep"),
        ),
        "in use": (
            a_context(member(use=use(Verdict.FAIL)), plan=IDLE),
            ago(300),
            halt(Cause.MEMBER, "web1 is still in use after 5m: drain.idle shows 3, above 0"),
        ),
        "in use, and there is time": (
            a_context(member(use=use(Verdict.FAIL)), plan=IDLE),
            ago(299),
            None,
        ),
        "perhaps in use": (
            a_context(member(use=use(Verdict.INCONCLUSIVE)), plan=IDLE),
            ago(300),
            halt(Cause.MEMBER, "it is not known whether web1 is still in use after 5m: 3, above 0"),
        ),
        "never asked": (
            a_context(member(), plan=IDLE),
            ago(300),
            halt(Cause.MEMBER, "whether web1 is still in use after 5m: no answer yet"),
        ),
        "not seen since it was set": (a_context(busy(set_at=ago(0.005))), ago(300), None),
        "quiet now, in one look": (a_context(busy()), ago(300), None),
        "to be cut": (a_context(busy(), shows=BUSY, plan=CUT), ago(300), sets(Setting.CUT)),
        "to be cut, and held just now": (
            a_context(busy(set_at=ago(0.9)), shows=BUSY, plan=CUT),
            ago(300),
            sets(Setting.CUT),
        ),
        "cut just now": (
            a_context(busy(cuts=1, set_at=ago(0.9)), shows=BUSY, plan=CUT),
            ago(300),
            None,
        ),
        "cut a while ago": (
            a_context(busy(cuts=1, set_at=ago(1)), shows=BUSY, plan=CUT),
            ago(300),
            sets(Setting.CUT),
        ),
        "the time of the last cut is not known": (
            a_context(busy(cuts=1, set_at=None), shows=BUSY, plan=CUT),
            ago(300),
            sets(Setting.CUT),
        ),
        "cut five times": (
            a_context(busy(cuts=5, set_at=ago(9)), shows=BUSY, plan=CUT),
            ago(300),
            halt(Cause.MEMBER, "2 requests or sessions"),
        ),
        "clear by now": (a_context(member()), ago(300), None),
        "a former worker may be there": (
            a_context(member(), **former(-9, is_seen=None)),
            ago(300),
            None,
        ),
        "a former worker stays": (
            a_context(member(), **former(0, is_seen=True)),
            ago(300),
            halt(Cause.MEMBER, "lb2 still serves connections, perhaps to web1, after 5m"),
        ),
        "one from before the run stays": (
            a_context(member(), lingering={"lb2": True}, began_at=ago(300)),
            ago(300),
            halt(Cause.MEMBER, "worker of lb2"),
        ),
        "one from before the run has time left": (
            a_context(member(), lingering={"lb2": True}, began_at=ago(299)),
            ago(300),
            None,
        ),
    },
)
def test_still_busy(ctx: Context, since: Any, output: Expected) -> None:
    """A member that is not quiet is waited for, then its sessions are cut, or the run halts."""
    assert still_busy(ctx, the(ctx), since) == output


@pytest.mark.parametrize("leak", ["", "a rule lets them"])
def test_why_clients_come(leak: str) -> None:
    """What the balancer knows of it is told, if it knows anything."""
    m = standing(Phase.OUT, came_when_out={"lb1": (4, 5)})
    output = still_reached(a_context(m, plan=a_plan(leak=leak)), m)
    assert isinstance(output, Halted)
    why = f" ({leak})" if leak else ""
    assert output.seen == f"1 request or session reached web1 although it is out of rotation{why}"

"""The order of the questions: what stops comes before what goes on."""

from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.events import (
    Answer,
    Cause,
    Finished,
    GateSampled,
    Halted,
    InstanceRestarted,
    MemberCalled,
    MemberStoodDown,
    StopRequested,
    Verdict,
)
from controller.core.gates.gate import CounterGate, Scope
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.state.state import GateState, Mode
from controller.core.steps import RunStep, Setting
from tests.support.contexts import (
    HALTED,
    NOW,
    RELOADED,
    ROLLING_BACK,
    STOPPED,
    WORKERS,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.tables import Expected, Like, halt, sets, table

POOL = CounterGate("pool", Scope.POOL, 0.01)
GATED = a_plan(gates=(POOL,), max_unavailable=2)
FAILS = {("pool", ""): GateState(ago(0.5), Verdict.FAIL, "9 of 10 failed", failures=1)}
GATE_FAILS: dict[str, Any] = {"plan": GATED, "gates": FAILS}
RESTARTED: dict[str, Any] = {"workers": {"lb2": RELOADED}, "known": WORKERS}
SILENT: dict[str, Any] = {"silent": {"lb2": ago(30)}}
REFUSED: dict[str, Any] = {"answer": Answer.REFUSED, "detail": "`unless` ended with 7"}


@pytest.mark.parametrize("state", [{"mode": Mode.FINISHED}, {"run": None}], ids=["over", "no run"])
def test_nothing_is_decided(state: dict[str, Any]) -> None:
    """Before a run, and after its end, nothing follows from anything."""
    ctx = a_context(standing(Phase.OUT), **RESTARTED, **GATE_FAILS, **state)
    assert decide(ctx.plan, ctx.state, NOW) is None


ORDER: dict[str, tuple[Context, Any]] = {
    "a reload": (
        a_context(standing(Phase.OUT), silent={"lb1": ago(99)}, **RESTARTED, **GATE_FAILS),
        InstanceRestarted,
    ),
    "silence": (a_context(standing(Phase.OUT), **SILENT, **GATE_FAILS), Cause.BALANCER),
    "a gate": (
        a_context(standing(Phase.OUT), standing(Phase.FAILED, "web2"), **GATE_FAILS),
        Cause.GATE,
    ),
    "a sample": (
        a_context(standing(Phase.OUT), standing(Phase.FAILED, "web2"), plan=GATED),
        GateSampled,
    ),
    "a member that failed": (
        a_context(
            standing(Phase.OUT), standing(Phase.FAILED, "web2"), plan=a_plan(max_unavailable=2)
        ),
        Cause.MEMBER,
    ),
    "a member in progress": (
        a_context(standing(Phase.OUT, "web2"), plan=a_plan(max_unavailable=2)),
        RunStep,
    ),
    "the next member": (a_context(standing(Phase.DONE)), MemberCalled),
    "the end": (a_context(*(standing(Phase.DONE, f"web{n}") for n in (1, 2, 3))), Finished),
}
"""Each of these could go on with what comes after it."""


@pytest.mark.parametrize("first", ORDER)
def test_order_of_questions(first: str) -> None:
    """Balancers, gates, members that failed, members in progress, the next one, the end."""
    ctx, expected = ORDER[first]
    output = decide(ctx.plan, ctx.state, ctx.now)
    found = output.cause if isinstance(output, Halted) else type(output)
    assert found is expected


@table(
    "ctx output",
    {
        "a member failed": (
            a_context(standing(Phase.FAILED, why="exit code 4")),
            halt(Cause.MEMBER, "web1: exit code 4"),
        ),
        "a member was kept": (
            a_context(standing(Phase.KEPT, why="not proven")),
            halt(Cause.MEMBER, "web1: not proven"),
        ),
        "a member is stuck": (
            a_context(standing(Phase.STUCK, why="exit code 5")),
            halt(Cause.MEMBER, "web1: exit code 5"),
        ),
        "a member failed, and the way back goes on": (
            a_context(
                standing(Phase.WAITING),
                standing(Phase.KEPT, "web2"),
                **ROLLING_BACK,
            ),
            MemberCalled("web1"),
        ),
        "`unless` refused": (
            a_context(standing(Phase.WAITING, **REFUSED)),
            halt(Cause.MEMBER, "`unless` ended with 7"),
        ),
        "`unless` refused on the way back": (
            a_context(standing(Phase.WAITING, **REFUSED), **ROLLING_BACK),
            halt(Cause.MEMBER, "`unless` ended with 7"),
        ),
        "the operator said no": (
            a_context(standing(Phase.DUE, declined=True)),
            Like(StopRequested, "web1", {"at_once": False}),
        ),
        "the operator said no, and it is halted": (
            a_context(standing(Phase.DUE, declined=True), **HALTED),
            MemberStoodDown("web1"),
        ),
        "a member failed, and it is stopped": (
            a_context(standing(Phase.FAILED), **STOPPED),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
    },
)
def test_refused(ctx: Context, output: Expected) -> None:
    """What is refused halts or stops before anybody goes on; while winding down, it is over."""
    assert decide(ctx.plan, ctx.state, ctx.now) == output


@table(
    "ctx output",
    {
        "one waits, the other goes on": (
            a_context(
                standing(Phase.DRAINING, setting=Setting.HOLD),
                standing(Phase.RESTORING, "web2"),
                plan=a_plan(max_unavailable=2),
            ),
            "web2",
        ),
        "the first goes on": (
            a_context(
                standing(Phase.RESTORING),
                standing(Phase.RESTORING, "web2"),
                plan=a_plan(max_unavailable=2),
            ),
            "web1",
        ),
    },
)
def test_members_in_progress(ctx: Context, output: str) -> None:
    """The first member in progress that has something to do."""
    assert getattr(decide(ctx.plan, ctx.state, ctx.now), "member", None) == output


def test_one_in_progress_winds_down() -> None:
    """After a halt a member follows the way to rest, not its own."""
    ctx = a_context(standing(Phase.OUT), **HALTED)
    assert decide(ctx.plan, ctx.state, ctx.now) == sets(Setting.RESTORE)

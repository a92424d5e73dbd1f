"""When a rollout is over, how it ended, and whether the way back comes first, case by case."""

from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.finish import finish
from controller.core.events import (
    AbortRequested,
    Cause,
    Finished,
    Halted,
    JournalSeen,
    MemberStuck,
    RollbackBegan,
    RunBegan,
    StopRequested,
)
from controller.core.events import MemberKept as Kept
from controller.core.gates.tally import Tally
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import Course, RunStep, Setting
from tests.support.contexts import (
    ABORTED,
    ANOTHER,
    HALT,
    HALTED,
    PUTTING_BACK,
    ROLLING_BACK,
    SEATS,
    STOPPED,
    STOPPED_TWICE,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.tables import Expected, saying, table

WORK = RunStep("web1", Course.UPGRADE, 0, 0)


def everybody(phase: Phase) -> tuple[MemberState, ...]:
    return tuple(standing(phase, name) for name in ("web1", "web2", "web3"))


DONE = Finished(Outcome.DONE, ExitCode.DONE)


@table(
    "ctx output",
    {
        "all done": (a_context(*everybody(Phase.DONE)), DONE),
        "one of them is another machine by now": (
            a_context(
                standing(Phase.DONE, seats=SEATS, astray=True),
                *everybody(Phase.DONE)[1:],
                at={"lb2": {"occupant": ANOTHER}},
            ),
            None,
        ),
        "all were there already": (a_context(*everybody(Phase.SKIPPED)), DONE),
        "all left as found": (a_context(*everybody(Phase.LEFT)), DONE),
        "one waits": (a_context(standing(Phase.DONE)), None),
        "one is in progress": (a_context(*everybody(Phase.DONE)[:2], standing(Phase.DUE)), None),
        "one is being asked about": (a_context(standing(Phase.ASKING)), None),
        "all of those that are meant": (
            a_context(standing(Phase.DONE), run=RunBegan("me", only=("web1",))),
            Finished(Outcome.PARTLY_DONE, ExitCode.DONE),
        ),
        "all of those that are meant, and the rest before": (
            a_context(*everybody(Phase.DONE), run=RunBegan("me", only=("web1",))),
            DONE,
        ),
    },
)
def test_running(ctx: Context, output: Expected) -> None:
    """Over when every member that was meant is."""
    assert finish(ctx) == output


@table(
    "ctx output",
    {
        "all at rest": (
            a_context(**STOPPED),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
        "one is on its way": (a_context(standing(Phase.DRAINING), **STOPPED), None),
        "the pool was not seen since one was set": (
            a_context(standing(Phase.WAITING, set_at=ago(0.005)), **STOPPED),
            None,
        ),
        "the pool was not seen since one was set, nor will it be": (
            a_context(
                standing(Phase.WAITING, set_at=ago(0.005)), silent={"lb2": ago(1)}, **STOPPED
            ),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
        "the pool was seen since one was set": (
            a_context(standing(Phase.WAITING, set_at=ago(1)), **STOPPED),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
        "a step runs": (
            a_context(standing(Phase.UPGRADING, work=WORK, unfinished=True), **STOPPED),
            None,
        ),
        "a step runs, and a second signal": (
            a_context(standing(Phase.UPGRADING, work=WORK, unfinished=True), **STOPPED_TWICE),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
        "stopped, and nobody knows by whom": (
            a_context(mode=Mode.STOPPING, stopped_at=ago(1)),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, ""),
        ),
        "aborted": (a_context(**ABORTED), Finished(Outcome.ABORTED, ExitCode.STOPPED, "by me")),
        "aborted, one balancer does not answer": (
            a_context(silent={"lb2": ago(1)}, **ABORTED),
            Finished(Outcome.ABORTED, ExitCode.STOPPED, "by me"),
        ),
        "put back": (
            a_context(**PUTTING_BACK),
            Finished(Outcome.ABORTED, ExitCode.STOPPED, "by me"),
        ),
        "put back, one balancer does not answer": (
            a_context(silent={"lb2": ago(1)}, **PUTTING_BACK),
            None,
        ),
        "put back, the journal is late": (
            a_context(journal=JournalSeen(is_late=True), **PUTTING_BACK),
            None,
        ),
        "put back, the journal does not answer": (
            a_context(journal=JournalSeen(is_late=True, fault="disk"), **PUTTING_BACK),
            Finished(Outcome.ABORTED, ExitCode.STOPPED, "by me"),
        ),
        "a signal during an abort": (
            a_context(
                mode=Mode.STOPPING,
                stopped_at=ago(1),
                stop=StopRequested("SIGINT"),
                abort=AbortRequested("ann", restore=False),
            ),
            Finished(Outcome.ABORTED, ExitCode.STOPPED, "by ann"),
        ),
    },
)
def test_stopping(ctx: Context, output: Expected) -> None:
    """Over when every member is at rest."""
    assert finish(ctx) == output


WAY_BACK: dict[str, Any] = {
    "plan": a_plan(on_failure=OnFailure.ROLLBACK_MEMBER, rollback=CourseShape(1))
}


def halted(*members: MemberState, cause: Cause = Cause.MEMBER, **more: Any) -> Context:
    """Halted for this cause ten seconds ago: how users fare is known."""
    halt = Halted(cause, "seen", "limit", "web1")
    return a_context(*members, **{**HALTED, "halt": halt, "halted_at": ago(10), **more})


OVER = Finished(Outcome.HALTED, ExitCode.HALTED, "seen")
FAILED = standing(Phase.FAILED)


@table(
    "ctx output",
    {
        "by a member": (halted(FAILED), OVER),
        "by a gate": (
            halted(FAILED, cause=Cause.GATE),
            Finished(Outcome.HALTED, ExitCode.GATE, "seen"),
        ),
        "one is on its way": (halted(standing(Phase.REMOVING)), None),
        "nothing was touched": (
            halted(touched=False),
            Finished(Outcome.REFUSED, ExitCode.REFUSED, "seen; limit"),
        ),
        "users are watched still": (halted(FAILED, halted_at=ago(0.5)), None),
        "nothing failed for a while": (halted(FAILED, halted_at=ago(1.1)), OVER),
        "nothing failed, but not all is counted": (
            halted(FAILED, halted_at=ago(2), pool=Tally(uncounted=frozenset({("lb2", "web")}))),
            None,
        ),
        "one balancer does not answer": (
            halted(FAILED, halted_at=ago(0.5), silent={"lb2": ago(0.1)}),
            OVER,
        ),
        "a step runs": (
            halted(standing(Phase.UPGRADING, work=WORK, unfinished=True)),
            None,
        ),
        "a step runs, and a second signal": (
            halted(
                standing(Phase.UPGRADING, work=WORK, unfinished=True),
                stop=StopRequested("SIGINT", at_once=True),
            ),
            OVER,
        ),
        "one soaks, and users are watched still": (
            halted(standing(Phase.SOAKING), halted_at=ago(0.5)),
            None,
        ),
        "one soaks": (
            halted(standing(Phase.SOAKING)),
            saying(Kept, "its soak cut short by the halt"),
        ),
        "one ramps": (
            halted(standing(Phase.RAMPING)),
            saying(Kept, "at 10 % of its weight, its ramp cut short by the halt"),
        ),
        "one soaks that has just returned": (
            halted(standing(Phase.SOAKING, returned_at=ago(0.9))),
            None,
        ),
        "one soaks that failed": (halted(standing(Phase.SOAKING, condemned=True)), None),
        "one soaks that is being set": (
            halted(standing(Phase.SOAKING, setting=Setting.REMOVE)),
            None,
        ),
        "one soaks, another is on its way": (
            halted(standing(Phase.SOAKING), standing(Phase.REMOVING, "web2")),
            None,
        ),
        "its way back failed": (
            halted(standing(Phase.FAILED, course=Course.ROLLBACK)),
            MemberStuck("web1"),
        ),
        "a rollout to the former version failed": (
            halted(FAILED, plan=a_plan(purpose=Purpose.ROLLBACK)),
            MemberStuck("web1"),
        ),
        "to be rolled back": (halted(FAILED, **WAY_BACK), RollbackBegan(("web1",))),
        "to be rolled back, by a gate": (
            halted(FAILED, cause=Cause.GATE, **WAY_BACK),
            RollbackBegan(("web1",)),
        ),
        "nobody to roll back": (halted(**WAY_BACK), OVER),
        "stopped meanwhile": (halted(FAILED, stop=StopRequested("SIGINT"), **WAY_BACK), OVER),
        "rolled back already": (halted(FAILED, rolling=("web1",), **WAY_BACK), OVER),
        "no member's fault": (halted(FAILED, cause=Cause.BALANCER, **WAY_BACK), OVER),
        "it is not known since when": (halted(FAILED, halted_at=None), OVER),
    },
)
def test_halted(ctx: Context, output: Expected) -> None:
    """Over when all is at rest and users were watched for a while; the way back comes first."""
    assert finish(ctx) == output


@pytest.mark.parametrize("cause", sorted(set(Cause) - {Cause.GATE, Cause.MEMBER}))
def test_only_gates_and_members_are_rolled_back_from(cause: Cause) -> None:
    """What is no fault of the new version is no reason to go back."""
    assert finish(halted(FAILED, cause=cause, **WAY_BACK)) == OVER


@table(
    "member output",
    {
        "it waits": (standing(Phase.WAITING), None),
        "it is on its way": (standing(Phase.SOAKING, course=Course.ROLLBACK), None),
        "it is back": (
            standing(Phase.DONE, course=Course.ROLLBACK),
            Finished(Outcome.HALTED, ExitCode.HALTED, HALT.seen),
        ),
    },
)
def test_rolling_back(member: MemberState, output: Expected) -> None:
    """Halted once all that are rolled back are; the others need not be."""
    assert finish(a_context(member, **ROLLING_BACK)) == output

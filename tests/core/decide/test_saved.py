"""The snapshot of a member: when it is made, and what may be reverted to it."""

from typing import Any

import pytest

from controller.core import events as e
from controller.core.decide.rollback import to_roll_back
from controller.core.decide.steps_for import step_of
from controller.core.decide.upgrade import upgrading
from controller.core.decide.wind_down import settle
from controller.core.events import Halted, Intended, RollbackBegan, StepEnded
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.settings import OnFailure
from controller.core.state.apply import apply
from controller.core.state.parts import MemberState
from controller.core.steps import SNAPSHOT, Course, RunStep, SetMember, Setting
from tests.support.contexts import (
    FOUND,
    HALTED,
    NOW,
    STOPPED,
    a_context,
    a_plan,
    standing,
)
from tests.support.tables import table

REVERT = OnFailure.REVERT_MEMBER
PLAN = a_plan(
    upgrade=CourseShape(2, saves=True, irreversible=1), rollback=CourseShape(1), on_failure=REVERT
)
BACK = Course.ROLLBACK


def out(**changes: Any) -> MemberState:
    return standing(Phase.OUT, **changes)


def stepping(**changes: Any) -> MemberState:
    return standing(Phase.UPGRADING, **changes)


@table(
    "m index snapshot irreversible",
    {
        "before the first step": (out(), SNAPSHOT, 0, False),
        "the next one has a number of its own": (out(saves=2), SNAPSHOT, 2, False),
        "one that may run still is joined": (
            stepping(step=SNAPSHOT, saves=1, unfinished=True),
            SNAPSHOT,
            0,
            False,
        ),
        "its end is not known": (stepping(step=SNAPSHOT, saves=1, lost=True), SNAPSHOT, 1, False),
        "then the first step": (stepping(saves=1, saved=0), 0, None, False),
        "a step that ran before there were snapshots": (stepping(unfinished=True), 0, None, False),
        "from here on there is no way back": (stepping(step=1, saves=1, saved=0), 1, None, True),
        "the way back": (stepping(course=BACK, saves=3, saved=2), 0, 2, False),
    },
)
def test_step(m: MemberState, index: int, snapshot: int | None, irreversible: bool) -> None:
    step = step_of(a_context(m, plan=PLAN), m)
    assert (step.index, step.snapshot, step.irreversible) == (index, snapshot, irreversible)


@table(
    "step title",
    {
        "a step": (RunStep("web1", Course.UPGRADE, 1, 0), "step 2"),
        "a snapshot": (RunStep("web1", Course.UPGRADE, SNAPSHOT, 0, snapshot=0), "the snapshot"),
        "a revert": (RunStep("web1", BACK, 0, 0, snapshot=0), "the revert"),
    },
)
def test_title(step: RunStep, title: str) -> None:
    assert step.title == title


@table(
    "m limit",
    {
        "of a snapshot": (
            stepping(step=SNAPSHOT, begun=False),
            "a member is changed only once its snapshot is made",
        ),
        "of a revert": (
            stepping(course=BACK, saved=0),
            "the revert must end with exit code 0 within snapshot.timeout",
        ),
        "of a step": (
            stepping(saved=0),
            "every step must end with exit code 0 within upgrade.timeout",
        ),
    },
)
def test_limit(m: MemberState, limit: str) -> None:
    """What a step that failed is measured by."""
    failed = standing(Phase.UPGRADING, **_progress(m), passed=False)
    found = upgrading(a_context(failed, plan=PLAN), failed)
    assert isinstance(found, Halted)
    assert found.limit == limit


def _progress(m: MemberState) -> dict[str, Any]:
    p = m.progress
    return {"step": p.step, "course": p.course, "saved": p.saved, "begun": p.begun}


FAILED = standing(Phase.FAILED, saves=1, saved=0)


@table(
    "policy member names",
    {
        "to its snapshot": (REVERT, FAILED, ("web1",)),
        "not without one": (REVERT, standing(Phase.FAILED), ()),
        "not past the point of no return": (
            REVERT,
            standing(Phase.FAILED, saves=1, saved=0, beyond=True),
            (),
        ),
        "a rollback needs none": (OnFailure.ROLLBACK_MEMBER, standing(Phase.FAILED), ("web1",)),
        "and has none from there either": (
            OnFailure.ROLLBACK_MEMBER,
            standing(Phase.FAILED, beyond=True),
            (),
        ),
        "nor has one that is done": (
            OnFailure.ROLLBACK_ALL,
            standing(Phase.DONE, beyond=True),
            (),
        ),
    },
)
def test_who_goes_back(policy: OnFailure, member: MemberState, names: tuple[str, ...]) -> None:
    plan = a_plan(rollback=CourseShape(1), on_failure=policy)
    assert to_roll_back(a_context(member, plan=plan)) == names


@table(
    "purpose policy reverts",
    {
        "an upgrade": (Purpose.UPGRADE, REVERT, True),
        "a rollback": (Purpose.ROLLBACK, REVERT, False),
        "another policy": (Purpose.UPGRADE, OnFailure.ROLLBACK_MEMBER, False),
    },
)
def test_plan_reverts(purpose: Purpose, policy: OnFailure, reverts: bool) -> None:
    assert a_plan(purpose=purpose, on_failure=policy).reverts is reverts


@pytest.mark.parametrize("mode", [HALTED, STOPPED])
@table(
    "changes goes_back",
    {
        "after its snapshot": ({"step": 0, "saved": 0}, True),
        "after one that failed": ({"step": SNAPSHOT, "passed": False}, True),
        "not after a step": ({"step": 1, "saved": 0, "begun": True}, False),
        "not while it may run": (
            {"step": SNAPSHOT, "passed": False, "may_run": "ssh may run still"},
            False,
        ),
    },
)
def test_goes_back_as_it_was(
    changes: dict[str, Any], goes_back: bool, mode: dict[str, Any]
) -> None:
    """A member that was only saved has not been changed."""
    m = standing(Phase.UPGRADING, **{"begun": False} | changes)
    output = settle(a_context(m, plan=PLAN, **mode), m)
    is_restored = isinstance(output, SetMember) and output.setting is Setting.RESTORE
    assert is_restored is goes_back


def happens(m: MemberState, event: e.Event, plan: Plan = PLAN, **state: Any) -> MemberState:
    ctx = a_context(m, plan=plan, **state)
    return apply(plan, ctx.state, event, NOW).members["web1"]


def test_making_it_changes_nothing() -> None:
    """The intent counts it; the end makes it the one that is reverted to."""
    making = RunStep("web1", Course.UPGRADE, SNAPSHOT, 0, snapshot=1)
    m = happens(out(saves=1), Intended(making))
    assert (m.phase, m.progress.begun, m.progress.unfinished) == (Phase.UPGRADING, False, True)
    assert (m.progress.saves, m.progress.saved, m.progress.step) == (2, None, SNAPSHOT)
    done = happens(m, StepEnded("web1", SNAPSHOT, 0, True, False, "", "", 1.0, 0))
    assert (done.progress.step, done.progress.saved, done.progress.exits) == (0, 1, ())
    failed = happens(m, StepEnded("web1", SNAPSHOT, 0, False, False, "", "", 1.0, 1))
    assert (failed.progress.passed, failed.progress.saved) == (False, None)


def test_a_step_past_the_point_of_no_return() -> None:
    """It is known from its intent on, and stays known."""
    step = RunStep("web1", Course.UPGRADE, 1, 0, irreversible=True)
    m = happens(stepping(step=1, saves=1, saved=0), Intended(step))
    assert (m.progress.beyond, m.progress.begun) == (True, True)
    ended = happens(m, StepEnded("web1", 1, 0, True, False, "", "", 1.0, 0))
    again = happens(ended, Intended(RunStep("web1", Course.UPGRADE, 1, 1)))
    assert again.progress.beyond


def test_put_back_as_it_was() -> None:
    """What was saved is no longer what is there."""
    m = standing(Phase.RESTORING, saves=1, saved=0)
    assert happens(m, e.MemberSet("web1", Setting.RESTORE, {})).progress.saved is None


def test_on_the_way_back() -> None:
    """It is known what to revert to, and what number comes next."""
    m = standing(Phase.FAILED, saves=2, saved=1)
    back = happens(m, RollbackBegan(("web1",)), **HALTED)
    assert (back.progress.saves, back.progress.saved, back.progress.course) == (2, 1, BACK)


@table(
    "m saved",
    {
        "it stays out, changed": (standing(Phase.FAILED, saves=1, saved=0, found=FOUND), 0),
        "it is back": (standing(Phase.DONE, course=BACK, saves=1, saved=0), None),
    },
)
def test_going_on_after_a_halt(m: MemberState, saved: int | None) -> None:
    """The snapshot counts for as long as nobody but us has had the member."""
    after = happens(m, e.ResumeRequested("me", "mended"), **HALTED)
    assert (after.progress.saved, after.progress.saves) == (saved, 1)


def test_of_another_machine() -> None:
    """Its numbers go on, so that no id comes twice."""
    m = standing(Phase.DONE, saves=1, saved=0, beyond=True)
    halt = Halted(e.Cause.OCCUPANT, "another", "as planned", "web1")
    after = happens(m, e.ResumeRequested("me", "it is"), **HALTED | {"halt": halt})
    assert (after.progress.saves, after.progress.saved, after.progress.beyond) == (1, None, False)

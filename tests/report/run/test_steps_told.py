"""The steps of a rollout, from its journal."""

from dataclasses import replace

from controller.core.events import Intended, MemberSet, StepEnded
from controller.core.plan.plan import Purpose
from controller.core.steps import SNAPSHOT, Course, RunStep, Setting
from controller.report.run.steps_told import Steps
from tests.report.states import plan


def step(member: str, index: int = 0, attempt: int = 0) -> RunStep:
    return RunStep(member, Course.UPGRADE, index, attempt)


def ended(member: str, index: int = 0, attempt: int = 0) -> StepEnded:
    return StepEnded(member, index, attempt, True, False, "step 1 ended", "out", 1.0)


def test_newest_of_a_member_and_of_all() -> None:
    """In the order in which they began; joined again, it is the same step."""
    steps = Steps()
    assert steps.newest(None) is None
    for event in (
        *(Intended(step("web1")), MemberSet("web1", Setting.HOLD, {}), Intended(step("web1"))),
        *(ended("web9"), ended("web1"), Intended(step("web2")), Intended(step("web2", 0, 1))),
    ):
        steps.add(event)
    assert len(steps.every) == 3
    one, newest = steps.newest("web1"), steps.newest(None)
    assert one is not None
    assert one.end == ended("web1")
    assert newest is not None
    assert (newest.title, newest.end) == ("web2: upgrade, step 1, attempt 2", None)
    assert steps.newest("web9") is None


def test_the_first_of_its_purpose_is_no_second_attempt() -> None:
    """A journal goes on counting where a member that failed goes back; people count anew."""
    made = RunStep("web1", Course.UPGRADE, SNAPSHOT, 0, snapshot=0)
    back = RunStep("web1", Course.ROLLBACK, 0, 1)
    begun = (
        *(made, step("web1"), step("web1", 1, 0), step("web1", 1, 1), back),
        *(replace(back, attempt=2), replace(back, attempt=3, snapshot=0)),
    )
    steps = Steps()
    for one in begun:
        steps.add(Intended(one))
        steps.add(ended("web1", one.index, one.attempt))
    assert [one.title for one in steps.every] == [
        "web1: upgrade, the snapshot",
        "web1: upgrade, step 1",
        "web1: upgrade, step 2",
        "web1: upgrade, step 2, attempt 2",
        "web1: rollback, step 1",
        "web1: rollback, step 1, attempt 2",
        "web1: rollback, the revert",
    ]
    assert all(one.end == ended("web1", one.step.index, one.step.attempt) for one in steps.every)


def test_a_rollback_by_the_operator() -> None:
    """All that its members go through is a way back."""
    steps = Steps()
    steps.add(plan(Purpose.ROLLBACK))
    steps.add(Intended(step("web1")))
    (only,) = steps.every
    assert only.title == "web1: rollback, step 1"

"""The steps of a rollout, from its journal."""

from controller.core.events import Intended, MemberSet, StepEnded
from controller.core.steps import Course, RunStep, Setting
from controller.report.run.steps_told import Steps


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

"""What a rollout is for."""

from controller.core.plan.plan import Purpose
from controller.core.steps import Course


def test_only_a_rollback_begins_with_the_way_back() -> None:
    courses = {purpose: purpose.course for purpose in Purpose}
    assert courses == dict.fromkeys(Purpose, Course.UPGRADE) | {Purpose.ROLLBACK: Course.ROLLBACK}
    assert {one.meant_by(Course.ROLLBACK) for one in Purpose} == {Course.ROLLBACK}

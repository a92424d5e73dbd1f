"""What becomes of a ramp on the load balancers as they were found."""

import pytest

from controller.core.plan.plan import CourseShape, Plan
from controller.core.plan.ramp import ramp_notes, without_ramp
from controller.core.pool import FoundLine, Line, LineKey
from controller.core.settings import Policies, ReturnPolicy
from tests.support.lines import a_line

WHY = "balances by a static algorithm"


def line(member: str, weight: int, backend: str = "web") -> Line:
    return a_line(member, backend=backend, weight=weight)


@pytest.mark.parametrize(
    ("weight", "share", "expected"),
    [(100, 10, 10), (33, 10, 4), (1, 10, 1), (50, 100, 50), (256, 1, 3), (7, 50, 4)],
)
def test_share_of_a_weight_is_rounded_up(weight: int, share: int, expected: int) -> None:
    """A share is never less than asked for, and never an invisible drain."""
    assert FoundLine(LineKey("lb1", "web"), weight).weighing(share) == expected


def test_static_algorithm_is_told() -> None:
    """A backend that takes none and all of a weight alone is named, and that there is no ramp."""
    (note,) = ramp_notes((10, 50), {"web": WHY, "api": WHY}, [line("web1", 1)])
    assert note == (
        "return.ramp is dropped: web, api balances by a static algorithm; members come back at "
        "full weight at once"
    )


def test_weights_without_a_step_are_told_once() -> None:
    """Members whose weight has no smaller step are named in one line for each backend; others,
    those out of rotation and a file without a ramp have none."""
    lines = [
        *(line(name, 1) for name in ("web1", "web2", "web1")),
        *(line("web3", weight) for weight in (0, 50)),
        line("web1", 1, "api"),
    ]
    notes = ramp_notes((10, 50), {}, lines)
    assert [note.partition(":")[0] for note in notes] == ["web1, web2 in web", "web1 in api"]
    assert ramp_notes((), {"web": WHY}, lines) == []


def test_plan_without_its_ramp() -> None:
    """Only the steps are gone; everything else of the plan stays."""
    policies = Policies(comeback=ReturnPolicy(ramp=(10,)))
    plan = Plan("web", (), (), ("lb1",), ("web",), 1, 1, 2, policies, CourseShape(1))
    dropped = without_ramp(plan)
    assert dropped.policies.comeback == ReturnPolicy()
    assert dropped.members == plan.members

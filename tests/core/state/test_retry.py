"""What the operator's decision to go on after a halt changes about a member, case by case."""

from typing import Any

from controller.core import events as e
from controller.core.phases import Phase
from controller.core.pool import Seat
from controller.core.state.parts import MemberState, Progress, Trial
from controller.core.state.retry import as_it_is_now, taken_up_again
from controller.core.steps import Course
from tests.support.contexts import FOUND, HALT, NOW, SEATS, standing
from tests.support.members import difference
from tests.support.tables import table

UP, BACK = Course.UPGRADE, Course.ROLLBACK
Changes = dict[str, Any]


def into(phase: Phase, **more: Any) -> Changes:
    """It came into this phase now, and what else changed."""
    return {"phase": phase, "since": NOW, **more}


OTHER_MACHINE = e.Halted(e.Cause.OCCUPANT, "web1 moved", "the limit", "web1")
NEW_ATTEMPT: Changes = {"attempt": 1}


@table(
    "m changes",
    {
        "done": (standing(Phase.DONE, why="9 requests"), {}),
        "there already": (standing(Phase.SKIPPED), {}),
        "left": (standing(Phase.LEFT), {}),
        "waiting": (standing(Phase.WAITING), NEW_ATTEMPT),
        "failed": (
            standing(Phase.FAILED, why="exit code 4", passed=False, answer=e.Answer.NEEDED, step=1),
            into(Phase.WAITING, why="", passed=None, answer=None, **NEW_ATTEMPT),
        ),
        "failed at its second step": (
            standing(Phase.FAILED, passed=False, step=1),
            into(Phase.WAITING, passed=None, **NEW_ATTEMPT),
        ),
        "failed, never out": (
            standing(Phase.FAILED, found=None, lost=True),
            into(Phase.WAITING, begun=False, lost=False, **NEW_ATTEMPT),
        ),
        "failed, its step may run": (
            standing(Phase.FAILED, unfinished=True, step=1, attempt=3),
            into(Phase.WAITING),
        ),
        "stuck on its way back": (
            standing(Phase.STUCK, course=BACK, restore_tried=True, as_before=True),
            into(Phase.WAITING, course=UP, restore_tried=False, as_before=False, **NEW_ATTEMPT),
        ),
        "stuck on its way back, its step may run": (
            standing(Phase.STUCK, course=BACK, unfinished=True),
            into(Phase.WAITING),
        ),
        "rolled back": (
            standing(Phase.DONE, course=BACK),
            into(Phase.WAITING, course=UP, begun=False, step=0, **NEW_ATTEMPT),
        ),
        "rolled back, and proven": (
            standing(Phase.DONE, course=BACK, found=None, proven=True),
            into(Phase.WAITING, course=UP, begun=False, step=0, proven=False, **NEW_ATTEMPT),
        ),
        "kept": (
            standing(
                Phase.KEPT, why="cut short", condemned=True, disproven="failed", kept_out=True
            ),
            into(Phase.SOAKING, why="", condemned=False, disproven="", kept_out=False),
        ),
        "kept, taken out by somebody else or by us": (
            standing(Phase.KEPT, kept_out=True, unsure=True),
            into(Phase.SOAKING, kept_out=False, reclaim=True),
        ),
        "kept where it was, not seen": (
            standing(Phase.KEPT, unsure=True),
            into(Phase.SOAKING),
        ),
        "kept half-way back": (
            standing(Phase.KEPT, found=FOUND),
            into(Phase.WAITING, **NEW_ATTEMPT),
        ),
        "kept on its way back": (
            standing(Phase.KEPT, course=BACK),
            into(Phase.WAITING, course=UP, begun=False, step=0, **NEW_ATTEMPT),
        ),
        "in progress": (
            standing(Phase.OUT, foreign=True),
            {"foreign": False},
        ),
        "a step failed": (
            standing(Phase.UPGRADING, passed=False),
            {"passed": None, **NEW_ATTEMPT},
        ),
        "a step was lost": (standing(Phase.UPGRADING, lost=True), {}),
        "soaking": (
            standing(Phase.SOAKING),
            {"mark": None, "returned_at": None, "warmed_at": None},
        ),
    },
)
def test_taken_up_again(m: MemberState, changes: Changes) -> None:
    """What the operator's decision to go on forgets, and what it must not (S7)."""
    assert difference(m, taken_up_again(m, NOW)) == changes


@table(
    "m halted seats",
    {
        "the halt was about it": (standing(Phase.WAITING, seats=SEATS), OTHER_MACHINE, ()),
        "about another one": (
            standing(Phase.WAITING, "web2", seats=SEATS),
            OTHER_MACHINE,
            SEATS,
        ),
        "about something else": (standing(Phase.WAITING, seats=SEATS), HALT, SEATS),
        "it is being validated": (standing(Phase.VALIDATING), OTHER_MACHINE, SEATS),
        "a step of it may run": (
            standing(Phase.WAITING, seats=SEATS, unfinished=True),
            OTHER_MACHINE,
            SEATS,
        ),
    },
)
def test_who_is_there_now(m: MemberState, halted: e.Halted, seats: tuple[Seat, ...]) -> None:
    """After a halt over its machine, the operator decided for the one that is there now."""
    assert as_it_is_now(m, halted, NOW).placement.seats == seats


def test_another_one_that_was_done() -> None:
    """The operator decided for the machine that is there now: all is still to do for it."""
    done = standing(Phase.DONE, seats=SEATS, former=FOUND, astray=True, step=1, attempt=2)
    m = as_it_is_now(done, OTHER_MACHINE, NOW)
    assert (m.phase, m.placement.seats, m.placement.former) == (Phase.WAITING, (), None)
    assert (m.progress, m.trial) == (Progress(attempt=3), Trial())
    assert as_it_is_now(done, HALT, NOW) is done

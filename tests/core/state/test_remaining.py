"""What a run has left to do."""

from dataclasses import replace

import pytest

from controller.core.events import Finished
from controller.core.forecast.load import expected
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Member
from controller.core.settings import Policies
from controller.core.state.parts import MemberState
from controller.core.state.remaining import is_upgraded, left_aside, remaining
from controller.core.state.state import initial
from controller.core.steps import Course
from controller.errors import Refused
from controller.lifecycle import RunOptions, scope
from tests.support.contexts import FOUND
from tests.support.members import member
from tests.support.tables import table

MEMBERS = tuple(Member(name, "127.0.0.1", 80) for name in ("web3", "web1", "web2"))
PLAN = Plan(
    "web", MEMBERS, ("web3",), ("lb",), ("web",), 2, 1, 3, Policies(), CourseShape(1),
    left={"web4": "is out (web at lb)"},
)  # fmt: skip


def standing(**phases: Phase) -> dict[str, MemberState]:
    members = dict(initial(PLAN).members)
    return members | {name: MemberState(name, phase) for name, phase in phases.items()}


def names(plan: Plan) -> list[str]:
    return [member.name for member in plan.members]


def test_all_of_it() -> None:
    """Without a limit, and with nothing done, it is the plan itself."""
    assert remaining(PLAN, standing()) == PLAN
    assert left_aside(PLAN, standing(), PLAN) == ()


def test_a_limited_run() -> None:
    """Order, canaries, turns and the number out at a time are those of the members named."""
    part = remaining(PLAN, standing(), ["web1"])
    assert (names(part), part.canaries, part.max_unavailable) == (["web1"], (), 1)
    assert left_aside(PLAN, standing(), part) == ("web3", "web2")
    assert expected(part, None).turns == 1
    assert remaining(PLAN, standing(), ["web3"]).canaries == ("web3",)


@pytest.mark.parametrize("phase", [Phase.DONE, Phase.SKIPPED, Phase.LEFT])
def test_what_is_behind_it_does_not_count(phase: Phase) -> None:
    """A member that is done, or needs nothing, is neither ahead nor left for another run."""
    members = standing(web3=phase)
    part = remaining(PLAN, members)
    assert (names(part), part.canaries) == (["web1", "web2"], ())
    assert left_aside(PLAN, members, part) == ()


@pytest.mark.parametrize("phase", [Phase.UPGRADING, Phase.SOAKING, Phase.FAILED])
def test_what_is_in_hand_is_ahead(phase: Phase) -> None:
    """A member that is not finished is still to be done."""
    assert names(remaining(PLAN, standing(web1=phase))) == ["web3", "web1", "web2"]


def test_nothing() -> None:
    """A plan of nobody still has one as the number out at a time: no figure is zero by chance."""
    part = remaining(PLAN, standing(web1=Phase.DONE), ["web1"])
    assert (names(part), part.max_unavailable) == ([], 1)


def test_scope() -> None:
    """All, those named, or the canaries."""
    assert scope(PLAN, RunOptions()) == ()
    assert scope(PLAN, RunOptions(only=("web2", "web4"))) == ("web2", "web4")
    assert scope(PLAN, RunOptions(canaries_only=True)) == ("web3",)


@pytest.mark.parametrize(
    ("plan", "options", "words"),
    [
        (PLAN, RunOptions(only=("web9",)), "--only 'web9' is not a member of this rollout"),
        (PLAN, RunOptions(only=("web4",)), "no member is left to touch: web4 is out"),
        (replace(PLAN, canaries=()), RunOptions(canaries_only=True), "every canary was left out"),
    ],
)
def test_a_scope_of_nobody_is_refused(plan: Plan, options: RunOptions, words: str) -> None:
    """Nobody is never read as everybody."""
    with pytest.raises(Refused, match=words):
        scope(plan, options)


@table(
    "m is_so",
    {
        "upgraded": (member("web1", Phase.DONE, begun=True), True),
        "there already": (member("web1", Phase.SKIPPED), True),
        "failed": (member("web1", Phase.FAILED, begun=True, found=FOUND), True),
        "out because of us": (member("web1", Phase.WAITING, found=FOUND), True),
        "rolled back": (member("web1", Phase.DONE, begun=True, course=Course.ROLLBACK), False),
        "rolled back in part": (
            member("web1", Phase.FAILED, begun=True, course=Course.ROLLBACK),
            True,
        ),
        "untouched": (member("web1"), False),
        "left": (member("web1", Phase.LEFT), False),
    },
)
def test_is_upgraded(m: MemberState, is_so: bool) -> None:
    """What a way back has something to do for."""
    assert is_upgraded(m) is is_so


@table(
    "outcome is_so",
    {
        "halted": (Outcome.HALTED, True),
        "refused": (Outcome.REFUSED, True),
        "a way back that a signal cut off": (Outcome.STOPPED, False),
        "not ended": (None, False),
    },
)
def test_awaits_a_decision(outcome: Outcome | None, is_so: bool) -> None:
    """Only what ended in a halt: the rest goes on by itself."""
    over = Finished(outcome, ExitCode.STOPPED) if outcome is not None else None
    assert replace(initial(PLAN), finished=over).awaits_decision is is_so

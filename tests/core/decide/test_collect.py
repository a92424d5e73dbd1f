"""What is fetched after a halt: from whom, in which order, and when not at all."""

from typing import Any

from controller.core.decide.collect import MOST, collect, is_collecting
from controller.core.decide.context import Context
from controller.core.decide.decide import ending
from controller.core.decide.finish import finish
from controller.core.events import Answer, Finished, JournalSeen, StopRequested
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.settings import OnFailure
from controller.core.state.collection import Collection
from controller.core.state.parts import MemberState
from controller.core.steps import Collect, Course
from tests.support.contexts import (
    HALTED,
    ROLLING_BACK,
    a_context,
    a_plan,
    ago,
    home,
    seconds,
    standing,
)
from tests.support.tables import table

PLAN = a_plan(8, collects=2, rollback=CourseShape(1))
UP = Course.UPGRADE
LATER: dict[str, Any] = {**HALTED, "halted_at": ago(9)}


def failed(name: str = "web2", **more: Any) -> MemberState:
    return standing(Phase.FAILED, name, **{"passed": False, **more})


def halted(*members: MemberState, plan: Any = PLAN, **more: Any) -> Context:
    return a_context(*members, plan=plan, **{**LATER, **more})


def of(member: str, index: int = 0, beside: str = "web2") -> Collect:
    return Collect(member, UP, index, beside, home(member))


def whole(ctx: Context) -> list[tuple[str, int, str]]:
    """All that is fetched, one after the other."""
    found: list[tuple[str, int, str]] = []
    while is_collecting(ctx):
        step = collect(ctx)
        assert isinstance(step, Collect)
        found.append((step.member, step.index, step.beside))
        done = Collection(done=tuple((member, index) for member, index, _ in found))
        ctx = halted(*ctx.state.members.values(), plan=ctx.plan, collection=done)
    return found


DONE = standing(Phase.DONE, "web3", finished_turn=1)


@table(
    "members pairs",
    {
        "the one done last is the good one": (
            (failed(), DONE, standing(Phase.DONE, "web4", finished_turn=2)),
            [("web2", "web2"), ("web4", "web2")],
        ),
        "not one that was put back although it failed": (
            (failed(), DONE, standing(Phase.DONE, "web4", finished_turn=2, disproven="a gate")),
            [("web2", "web2"), ("web3", "web2")],
        ),
        "else one that was there already": (
            (standing(Phase.SKIPPED, "web1"), failed()),
            [("web2", "web2"), ("web1", "web2")],
        ),
        "else one that was not touched": ((failed(),), [("web2", "web2"), ("web1", "web2")]),
        "not one that only answered badly": (
            (standing(Phase.WAITING, answer=Answer.REFUSED), failed()),
            [("web2", "web2"), ("web3", "web2")],
        ),
        "the one that the halt names comes first": (
            (failed("web1"), failed(), DONE),
            [("web2", "web2"), ("web1", "web1"), ("web3", "web2")],
        ),
        "condemned by a gate": (
            (standing(Phase.FAILED, "web4", condemned=True), DONE),
            [("web4", "web4"), ("web3", "web4")],
        ),
        "named, whatever it was": (
            (standing(Phase.FAILED, "web2"), DONE),
            [("web2", "web2"), ("web3", "web2")],
        ),
        "only left out by the halt of another": ((standing(Phase.FAILED, "web4"), DONE), []),
        "nobody failed": ((DONE,), []),
    },
)
def test_from_whom(members: tuple[MemberState, ...], pairs: list[tuple[str, str]]) -> None:
    expected = [(member, index, beside) for member, beside in pairs for index in (0, 1)]
    assert whole(halted(*members)) == expected


def test_nobody_else_is_there() -> None:
    """Without a good one there is nothing to compare."""
    alone = a_plan(1, collects=1, min_available=0)
    ctx = halted(failed("web1"), plan=alone)
    assert whole(ctx) == [("web1", 0, "web1")]


def test_not_of_all() -> None:
    many = [failed(f"web{n}") for n in range(1, 6)]
    names = {member for member, _, beside in whole(halted(*many)) if member == beside}
    assert len(names) == MOST


@table(
    "changes fetches",
    {
        "it goes back": ({"on_failure": OnFailure.ROLLBACK_MEMBER, "outage": seconds(300)}, False),
        "it stays out": ({"outage": seconds(300)}, True),
        "others serve": ({"on_failure": OnFailure.ROLLBACK_MEMBER}, True),
    },
)
def test_a_planned_outage(changes: dict[str, Any], fetches: bool) -> None:
    """Where nothing serves in its place, the way back does not wait for it."""
    plan = a_plan(8, collects=2, rollback=CourseShape(1), **changes)
    assert is_collecting(halted(failed(), DONE, plan=plan)) is fetches


@table(
    "more",
    {
        "nothing to fetch": ({"plan": a_plan(8)},),
        "a second signal": ({"stop": StopRequested("SIGTERM", at_once=True)},),
        "a journal that fails": ({"journal": JournalSeen(fault="the disk is full")},),
        "a bug of ours": ({"bug": "KeyError"},),
        "members go back already": (ROLLING_BACK,),
        "after the way back": ({"rolling": ("web2",)},),
    },
)
def test_never_in_the_way(more: dict[str, Any]) -> None:
    """Then the rollout ends without it."""
    assert not is_collecting(halted(failed(), DONE, **more))


def test_a_journal_that_is_late_is_waited_for() -> None:
    """Nothing is begun meanwhile, and the rollout does not end."""
    assert ending(halted(failed(), DONE)) == of("web2")
    assert ending(halted(failed(), DONE, journal=JournalSeen(is_late=True))) is None


def test_before_the_end() -> None:
    """The end waits for what is being fetched, and for nothing else; one signal changes nothing."""
    stopped = {"stop": StopRequested("SIGTERM")}
    assert finish(halted(failed(), DONE)) == of("web2")
    assert finish(halted(failed(), DONE, **stopped)) == of("web2")
    open_one = Collection(work=of("web2"))
    assert finish(halted(failed(), DONE, collection=open_one)) is None
    done = tuple((name, index) for name in ("web2", "web3") for index in (0, 1))
    over = finish(halted(failed(), DONE, collection=Collection(done=done)))
    assert isinstance(over, Finished)

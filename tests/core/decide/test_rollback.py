"""Whom `on_failure` rolls back, and in which order, case by case."""

from typing import Any

import pytest

from controller.core.decide.rollback import to_roll_back
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Member, Occupant
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState
from tests.support.contexts import FOUND, a_context, a_plan, standing
from tests.support.tables import table

WAY_BACK = CourseShape(1)
ALL, ONE = OnFailure.ROLLBACK_ALL, OnFailure.ROLLBACK_MEMBER

DONE = standing(Phase.DONE, "web1", finished_turn=1)
NEWER = standing(Phase.DONE, "web2", finished_turn=2)
FAILED = standing(Phase.FAILED, "web3")


def kept(**changes: Any) -> MemberState:
    return standing(Phase.KEPT, "web3", condemned=True, **changes)


@table(
    "policy members names",
    {
        "the failed one": (ONE, (DONE, FAILED), ("web3",)),
        "nobody": (OnFailure.HALT, (DONE, FAILED), ()),
        "all, newest first": (ALL, (DONE, NEWER, FAILED), ("web3", "web2", "web1")),
        "those that waited are left": (ALL, (FAILED,), ("web3",)),
        "one that failed in rotation": (ONE, (kept(),), ("web3",)),
        "one that was kept, and has not failed": (ONE, (standing(Phase.KEPT, "web3"),), ()),
        "one that was kept, before those that are done": (
            ALL,
            (DONE, standing(Phase.KEPT, "web2"), FAILED),
            ("web3", "web2", "web1"),
        ),
        "what is out before what is in rotation": (
            ONE,
            (standing(Phase.KEPT, "web1", condemned=True), FAILED),
            ("web3", "web1"),
        ),
        "what is half-way back is out": (
            ONE,
            (standing(Phase.KEPT, "web1", condemned=True), kept(found=FOUND)),
            ("web3", "web1"),
        ),
        "not what was never changed": (ONE, (standing(Phase.FAILED, begun=False),), ()),
        "not what somebody else changed": (ONE, (standing(Phase.FAILED, foreign=True),), ()),
        "not what somebody else changed, though it passed": (
            ALL,
            (standing(Phase.KEPT, "web2", foreign=True), FAILED),
            ("web3",),
        ),
        "not what may still run": (ONE, (standing(Phase.FAILED, unfinished=True),), ()),
        "not what may still run elsewhere": (ONE, (standing(Phase.FAILED, may_run="ssh"),), ()),
    },
)
def test_order(policy: OnFailure, members: tuple[MemberState, ...], names: tuple[str, ...]) -> None:
    """The failed ones first, then every upgraded one, newest first."""
    ctx = a_context(*members, plan=a_plan(on_failure=policy, rollback=WAY_BACK))
    assert to_roll_back(ctx) == names


OLD, NEW = (Occupant("x", "10.0.0.1", 80, revision) for revision in ("v1", "v2"))


@table(
    "member more",
    {
        "one that came out of rotation": (standing(Phase.WAITING, found=FOUND, begun=True), {}),
        "one that came": (standing(Phase.WAITING), {"joined": (Member("web1", "10.0.0.1", 80),)}),
        "one that was there already": (standing(Phase.SKIPPED), {}),
        "one that shows the same revision": (standing(Phase.WAITING), {"shows": NEW}),
    },
)
def test_whoever_may_run_the_version(member: MemberState, more: dict[str, Any]) -> None:
    """Where the pool as a whole was prepared, that is not only who was upgraded one by one."""
    state = {name: value for name, value in more.items() if name != "shows"}
    shows = {"occupant": more.get("shows", OLD)}
    for opens in (True, False):
        plan = a_plan(2, on_failure=ALL, rollback=WAY_BACK, opens=opens)
        others = {"occupant": NEW}
        ctx = a_context(member, NEWER, plan=plan, shows=shows, others=others, **state)
        in_turn = ("web1", "web2") if member.is_away else ("web2", "web1")
        assert to_roll_back(ctx) == (in_turn if opens else ("web2",))


@table(
    "changes revision",
    {
        "it waits, at the former one": ({}, OLD),
        "its step may run still": ({"begun": True, "unfinished": True}, NEW),
        "who it is cannot be seen": ({}, None),
    },
)
def test_whoever_does_not(changes: dict[str, Any], revision: Occupant | None) -> None:
    """It is left where it is."""
    plan = a_plan(2, on_failure=ALL, rollback=WAY_BACK, opens=True)
    member = standing(Phase.WAITING, **changes)
    shows, others = {"occupant": revision}, {"occupant": NEW}
    assert to_roll_back(a_context(member, NEWER, plan=plan, shows=shows, others=others)) == (
        "web2",
    )


@pytest.mark.parametrize("policy", [ALL, ONE])
def test_no_way_back(policy: OnFailure) -> None:
    """Without `rollback` in the rollout file nobody goes back."""
    assert to_roll_back(a_context(DONE, FAILED, plan=a_plan(on_failure=policy))) == ()

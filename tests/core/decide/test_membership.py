"""Members that join, leave or give up their place while a rollout runs, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.membership import is_gone, watch_members
from controller.core.events import (
    Finished,
    MemberGone,
    MemberJoined,
    MemberRelapsed,
    MemberRenewed,
)
from controller.core.phases import Phase
from controller.core.pool import Line, Member
from controller.core.snapshot import Seen
from controller.core.state.parts import MemberState
from controller.core.state.pool_state import PoolState
from controller.core.steps import Course, RunStep, Setting
from tests.support.contexts import (
    ABORTED,
    DRAINS,
    FOUND,
    HALTED,
    JUST_NOW,
    NOW,
    OUT,
    PLAN,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.lines import a_line
from tests.support.tables import Expected, Like, saying, table

JOINS = a_plan(joins=True)
RETIRES = a_plan(joins=True, retires=True)
RUNS = RunStep("web1", Course.UPGRADE, 0, 0)
NEWCOMER = Member("web9", "10.0.0.9", 80)


def came(line: Line, members: tuple[MemberState, ...] = (), **more: Any) -> Context:
    """Both balancers show one more member."""
    ctx = a_context(*members, **{"plan": JOINS, **more})
    shown = {
        name: replace(one, lines={**one.lines, line.member: (Seen(line, JUST_NOW),)})
        for name, one in ctx.state.snapshots.items()
    }
    return replace(ctx, state=replace(ctx.state, snapshots=shown))


EVERYWHERE = {"lb1": "web1", "lb2": "web1"}
WAITS = standing(Phase.WAITING)


@table(
    "ctx output",
    {
        "all are there": (a_context(plan=JOINS), None),
        "one waited, and is gone": (
            a_context(WAITS, gone=EVERYWHERE),
            saying(MemberGone, "no longer in the pool"),
        ),
        "gone at one balancer": (a_context(WAITS, gone={"lb2": "web1"}), None),
        "gone before it began to wait": (
            a_context(standing(Phase.WAITING, since=ago(0.005)), gone=EVERYWHERE),
            None,
        ),
        "gone while it is in progress": (
            a_context(standing(Phase.SOAKING), gone=EVERYWHERE),
            None,
        ),
        "gone while it is in progress, where members come and go": (
            a_context(standing(Phase.SOAKING), plan=JOINS, gone=EVERYWHERE),
            saying(MemberGone, "left the pool while it was in progress"),
        ),
        "gone while its steps run": (
            a_context(standing(Phase.UPGRADING, work=RUNS), plan=JOINS, gone=EVERYWHERE),
            None,
        ),
        "gone when its steps have ended": (
            a_context(standing(Phase.UPGRADING, step=1), plan=JOINS, gone=EVERYWHERE),
            saying(MemberGone, "left the pool while it was in progress"),
        ),
        "gone, and its steps have failed": (
            a_context(standing(Phase.UPGRADING, passed=False), plan=JOINS, gone=EVERYWHERE),
            None,
        ),
        "gone where its steps may give it up": (
            a_context(standing(Phase.UPGRADING), plan=RETIRES, gone=EVERYWHERE),
            None,
        ),
        "gone while it is brought to rest": (
            a_context(standing(Phase.RESTORING), plan=JOINS, gone=EVERYWHERE, **HALTED),
            saying(MemberGone, "left the pool while it was in progress"),
        ),
        "gone while it is set": (
            a_context(standing(Phase.CHECKING, setting=Setting.CHECK), plan=JOINS, gone=EVERYWHERE),
            None,
        ),
        "gone, and it had failed": (
            a_context(standing(Phase.SOAKING, condemned=True), plan=JOINS, gone=EVERYWHERE),
            None,
        ),
        "gone, one balancer does not answer": (
            a_context(WAITS, gone=EVERYWHERE, silent={"lb2": ago(1)}),
            None,
        ),
        "gone after a halt": (a_context(WAITS, gone=EVERYWHERE, **HALTED), None),
        "one joined": (came(a_line("web9")), MemberJoined(NEWCOMER)),
        "one that had left is back": (
            came(a_line("web1"), members=(standing(Phase.LEFT, is_gone=True),)),
            MemberJoined(Member("web1", "10.0.0.1", 80)),
        ),
        "one that somebody has taken out": (
            came(a_line("web1"), members=(standing(Phase.LEFT),)),
            None,
        ),
        "one joined that is out": (came(a_line("web9", **OUT)), MemberJoined(NEWCOMER, FOUND)),
        "one that has no address yet": (came(a_line("web9", occupant=None)), None),
        "nobody may join": (came(a_line("web9"), plan=PLAN), None),
        "a backup": (came(a_line("web9", is_backup=True)), None),
        "one that was left out before": (
            came(a_line("web9"), plan=replace(JOINS, left={"web9": "is out"})),
            None,
        ),
        "one that is not meant": (
            came(a_line("web9"), plan=replace(JOINS, exclude=("web9",))),
            None,
        ),
        "one joined after a halt": (came(a_line("web9"), **HALTED), None),
    },
)
def test_watch_members(ctx: Context, output: Expected) -> None:
    """Who waited and is gone is not waited for; who joins is taken up where that may be."""
    assert watch_members(ctx) == output


@table(
    "gone is_it",
    {
        "everywhere": (EVERYWHERE, True),
        "at one balancer": ({"lb1": "web1"}, False),
        "nowhere": ({}, False),
    },
)
def test_gone(gone: dict[str, str], is_it: bool) -> None:
    """Gone is what no balancer shows any longer."""
    ctx = a_context(standing(Phase.UPGRADING), gone=gone)
    assert is_gone(ctx, the(ctx)) is is_it


def relapsed(phase: Phase = Phase.DONE, **changes: Any) -> MemberState:
    return standing(phase, **{"former": FOUND, "relapsed_at": "lb1", **changes})


@table(
    "ctx output",
    {
        "out": (a_context(relapsed(), shows=OUT), MemberRelapsed("web1", "lb1", FOUND)),
        "draining, and it waited": (
            a_context(relapsed(Phase.WAITING), at={"lb1": DRAINS}),
            MemberRelapsed("web1", "lb1", FOUND),
        ),
        "back meanwhile": (a_context(relapsed(), at={"lb2": OUT}), None),
        "no longer at rest": (a_context(relapsed(Phase.DUE), shows=OUT), None),
        "ours already": (a_context(relapsed(Phase.WAITING, found=FOUND), shows=OUT), None),
        "in its soak": (
            a_context(relapsed(Phase.SOAKING), shows=OUT),
            MemberRelapsed("web1", "lb1", FOUND),
        ),
        "in its ramp, what was found still known": (
            a_context(relapsed(Phase.RAMPING, former=None, found=FOUND), shows=OUT),
            MemberRelapsed("web1", "lb1", FOUND),
        ),
        "being set again": (
            a_context(
                relapsed(Phase.RAMPING, former=None, found=FOUND, setting=Setting.PUT_BACK),
                shows=OUT,
            ),
            None,
        ),
        "never ours": (a_context(relapsed(former=None), shows=OUT), None),
        "out, and no reload restored it": (a_context(relapsed(relapsed_at=""), shows=OUT), None),
        "out after a halt": (a_context(relapsed(), shows=OUT, **HALTED), None),
    },
)
def test_taken_out_anew_by_a_reload(ctx: Context, output: Expected) -> None:
    """What this rollout had set and a reload restored is ours again."""
    assert watch_members(ctx) == output


NEW: dict[str, Any] = {**OUT, "is_new": True}
RENEWED = MemberRenewed("web1", FOUND)


@table(
    "ctx output",
    {
        "it waits": (a_context(WAITS, shows=NEW), RENEWED),
        "it is done": (a_context(standing(Phase.DONE), shows=NEW), RENEWED),
        "it was there already": (a_context(standing(Phase.SKIPPED), shows=NEW), RENEWED),
        "it is in hand": (a_context(standing(Phase.SOAKING), shows=NEW), None),
        "known already": (a_context(standing(Phase.WAITING, found=FOUND), shows=NEW), None),
        "seen before it was done": (
            a_context(standing(Phase.DONE, since=ago(0.001)), shows=NEW),
            None,
        ),
        "it has no address yet": (a_context(WAITS, shows={**NEW, "occupant": None}), None),
        "out, and not because of us": (a_context(WAITS, shows=OUT), None),
        "after a halt": (a_context(WAITS, shows=NEW, **HALTED), None),
    },
)
def test_renewed(ctx: Context, output: Expected) -> None:
    """What came to the place of a member that is not in hand, and was kept out, is found."""
    assert watch_members(ctx) == output


AWAY = standing(Phase.FAILED)
AT_AN_END: dict[str, Any] = {
    "plan": JOINS,
    "whole": PoolState(is_closed=True, closed_at=ago(1)),
    **ABORTED,
}
GONE_WITH_IT = saying(MemberGone, "taken away when the pool was put back")
OVER = Like(Finished, "by me", {})


@table(
    "ctx output",
    {
        "one that failed": (a_context(AWAY, gone=EVERYWHERE, **AT_AN_END), GONE_WITH_IT),
        "one that is stuck": (
            a_context(standing(Phase.STUCK), gone=EVERYWHERE, **AT_AN_END),
            GONE_WITH_IT,
        ),
        "one that is to be taken up again": (
            a_context(standing(Phase.WAITING, found=FOUND), gone=EVERYWHERE, **AT_AN_END),
            GONE_WITH_IT,
        ),
        "it is there still": (a_context(AWAY, **AT_AN_END), OVER),
        "one that was not out": (a_context(WAITS, gone=EVERYWHERE, **AT_AN_END), OVER),
        "not looked at since": (
            a_context(AWAY, gone=EVERYWHERE, full=ago(1.5), **AT_AN_END),
            None,
        ),
        "one balancer does not answer": (
            a_context(AWAY, gone=EVERYWHERE, silent={"lb2": ago(1)}, **AT_AN_END),
            OVER,
        ),
        "members do not come and go": (
            a_context(AWAY, gone=EVERYWHERE, **AT_AN_END | {"plan": PLAN}),
            OVER,
        ),
    },
)
def test_gone_with_the_pool_as_it_was(ctx: Context, output: Expected) -> None:
    """Nobody has to bring back what closing has taken away."""
    assert decide(ctx.plan, ctx.state, NOW) == output

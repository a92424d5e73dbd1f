"""Who has come and has no address yet: nobody else is taken out, and nothing is over, before."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.newcomers import awaited, overdue
from controller.core.events import Cause, Finished
from controller.core.phases import Phase
from controller.core.snapshot import Seen
from controller.core.steps import RunStep
from tests.support.contexts import (
    HALTED,
    JUST_NOW,
    NOW,
    OUT,
    PLAN,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.lines import a_line
from tests.support.members import member
from tests.support.tables import halt, table

JOINS = a_plan(joins=True)
PENDING: dict[str, Any] = {**OUT, "is_new": True, "occupant": None}
SINCE = ago(5)


def came(name: str, *members: Any, line: dict[str, Any] = PENDING, **more: Any) -> Context:
    """Both balancers show it."""
    ctx = a_context(*members, **{"plan": JOINS, **more})
    seen = (Seen(a_line(name, **line), JUST_NOW, SINCE),)
    shown = {
        instance: replace(one, lines={**one.lines, name: seen})
        for instance, one in ctx.state.snapshots.items()
    }
    return replace(ctx, state=replace(ctx.state, snapshots=shown))


@table(
    "ctx names",
    {
        "nobody came": (a_context(plan=JOINS), set()),
        "one came": (came("web9"), {"web9"}),
        "one that has an address": (came("web9", line={**OUT, "is_new": True}), set()),
        "one that nobody keeps out": (came("web9", line={"occupant": None}), set()),
        "nobody may join": (came("web9", plan=PLAN), set()),
        "one that is not meant": (came("web9", plan=replace(JOINS, exclude=("web9",))), set()),
        "one that was left out": (came("web9", plan=replace(JOINS, left={"web9": ""})), set()),
        "where one was done": (came("web1", standing(Phase.DONE)), {"web1"}),
        "the same, and nobody may join": (
            came("web1", standing(Phase.DONE), plan=PLAN),
            {"web1"},
        ),
        "where one is in hand": (came("web1", standing(Phase.UPGRADING)), set()),
        "where one had left": (came("web1", standing(Phase.LEFT, is_gone=True)), {"web1"}),
        "after a halt": (came("web9", **HALTED), set()),
    },
)
def test_awaited(ctx: Context, names: set[str]) -> None:
    """Whom the rollout keeps out and is to take up, once that can be done."""
    found = awaited(ctx)
    assert set(found) == names
    assert set(found.values()) <= {SINCE}


def test_overdue() -> None:
    """They have as long as the floor has to hold again."""
    ctx = came("web9")
    assert overdue(ctx, {"web9": ago(599)}) is None
    late = overdue(ctx, {"web8": ago(1), "web9": ago(600)})
    assert late == halt(Cause.FLOOR, "web9 came to the pool, has no address after 10m", None)


def test_nobody_goes_before() -> None:
    """A member that waits is taken up only when nobody is awaited."""
    ctx = came("web9")
    assert decide(ctx.plan, ctx.state, NOW) is None
    ctx = a_context(plan=JOINS)
    assert decide(ctx.plan, ctx.state, NOW) is not None


def test_nothing_is_over_before() -> None:
    """All members are done, and one has come."""
    done = [member(f"web{n}", Phase.DONE, since=ago(5), step=1, begun=True) for n in (1, 2, 3)]
    over = a_context(*done, plan=JOINS)
    assert isinstance(decide(over.plan, over.state, NOW), Finished)
    ctx = came("web9", *done)
    assert decide(ctx.plan, ctx.state, NOW) is None


def test_who_is_in_hand_goes_on() -> None:
    """What has begun is not held up."""
    ctx = came("web9", standing(Phase.OUT))
    assert isinstance(decide(ctx.plan, ctx.state, NOW), RunStep)

"""Who is what to the others of the pool: told once, and again when it changes."""

from collections.abc import Mapping
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.roles import watch_roles
from controller.core.events import Looked, RolesSeen
from controller.core.phases import Phase
from controller.core.pool import InstanceView
from controller.core.state.apply import apply
from controller.core.state.roles import shown_roles
from tests.support.contexts import HALTED, NOW, WORKER, a_context, a_plan, seconds, standing
from tests.support.lines import a_line
from tests.support.tables import Expected, table

FIRST = {"web1": "active", "web2": "standby"}
OTHER = {"web1": "standby", "web2": "active"}
NOBODY = {"web1": "", "web2": ""}
PAIR = a_plan(2, instances=("lb1",))


def pair(shown: Mapping[str, str], **state: Any) -> Context:
    members = [standing(Phase.WAITING, name) for name in FIRST]
    return looked(a_context(*members, plan=PAIR, **state), shown)


def looked(ctx: Context, shown: Mapping[str, str], *, is_full: bool = True) -> Context:
    lines = [a_line(name, role=role) for name, role in shown.items()]
    at = NOW if is_full else NOW + seconds(1)
    view = InstanceView("lb1", at, WORKER, tuple(lines), is_full)
    return Context(ctx.plan, apply(ctx.plan, ctx.state, Looked(view), at), at)


@table(
    "ctx output",
    {
        "nobody has one": (pair(NOBODY), None),
        "seen first": (pair(FIRST), RolesSeen(FIRST)),
        "as it was": (pair(FIRST, roles=FIRST), None),
        "they have changed places": (pair(OTHER, roles=FIRST), RolesSeen(OTHER)),
        "after a halt": (pair(OTHER, roles=FIRST, **HALTED), RolesSeen(OTHER)),
        "one was seen later than the other": (
            looked(pair(FIRST, roles=FIRST), {"web1": "standby"}, is_full=False),
            None,
        ),
        "nobody has one any more": (pair(NOBODY, roles=FIRST), None),
    },
)
def test_watched(ctx: Context, output: Expected) -> None:
    assert watch_roles(ctx) == output


def test_told_once() -> None:
    """Before anything is done to a member; it is known from then on."""
    ctx = pair(FIRST)
    assert decide(ctx.plan, ctx.state, NOW) == RolesSeen(FIRST)
    after = apply(ctx.plan, ctx.state, RolesSeen(FIRST), NOW)
    assert after.roles == FIRST == shown_roles(after)
    assert not isinstance(decide(ctx.plan, after, NOW), RolesSeen)

"""Whether a member is still the machine of the plan, and what follows when not, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.same_machine import another_came, is_another
from controller.core.events import Cause, MemberMoved
from controller.core.phases import Phase
from controller.core.pool import Seat
from controller.core.state.parts import MemberState
from tests.support.contexts import (
    ANOTHER,
    HERE,
    OUT,
    SEATS,
    a_context,
    a_plan,
    ago,
    home,
    standing,
    the,
)
from tests.support.tables import Expected, halt, table

MOVED_IN: dict[str, Any] = {"at": {"lb2": {"occupant": ANOTHER}}}
WEB2 = home("web2")[0].occupant
AT_ANOTHER = tuple(Seat(one.key, ANOTHER) for one in SEATS)
NOWHERE: dict[str, Any] = {"at": {"lb2": {"occupant": None}}}
LONG = ago(60)


def waits(**changes: Any) -> MemberState:
    return standing(Phase.WAITING, **{"seats": SEATS} | changes)


def hosted(host: str) -> Any:
    """A plan in which the rollout file gives the host of web1."""
    plan = a_plan()
    return replace(plan, members=(replace(plan.members[0], host=host), *plan.members[1:]))


MOVED = MemberMoved("web1", "10.0.0.1:80", AT_ANOTHER)
CHANGED: dict[str, Any] = {"shows": {"occupant": ANOTHER}}


@table(
    "ctx is_it",
    {
        "as planned": (a_context(waits()), False),
        "elsewhere": (a_context(waits(), **CHANGED), True),
        "elsewhere at one balancer": (a_context(waits(), **MOVED_IN), True),
        "two machines, nothing known before": (a_context(waits(seats=()), **MOVED_IN), True),
        "elsewhere, nothing known before": (a_context(waits(seats=()), **CHANGED), False),
        "elsewhere, a step of it may run": (a_context(waits(unfinished=True), **CHANGED), False),
        "no address, in rotation": (a_context(waits(), **NOWHERE), True),
        "no address, and none before": (a_context(waits(seats=()), **NOWHERE), False),
        "no address by the plan's word": (
            a_context(waits(seats=()), plan=a_plan(seats={"web1": SEATS}), **NOWHERE),
            True,
        ),
        "no address, and out": (a_context(waits(), shows=OUT, **NOWHERE), False),
        "another name": (a_context(waits(), others={"occupant": HERE}), True),
        "another name of a backup": (
            a_context(waits(), others={"occupant": HERE, "is_backup": True}),
            False,
        ),
        "another name that is out": (a_context(waits(), others=OUT | {"occupant": HERE}), False),
    },
)
def test_is_another(ctx: Context, is_it: bool) -> None:
    """One whose turn it is must be the machine of the plan, one machine, and under one name."""
    assert is_another(ctx, the(ctx)) is is_it


@table(
    "ctx output",
    {
        "elsewhere": (a_context(waits(), **CHANGED), MOVED),
        "elsewhere, and its host follows": (
            a_context(waits(), plan=hosted("10.0.0.1"), **CHANGED),
            MOVED,
        ),
        "elsewhere, and its host does not": (
            a_context(waits(), plan=hosted("web1.test"), **CHANGED),
            halt(Cause.OCCUPANT, "was 10.0.0.1:80, and its host is web1.test, which may be"),
        ),
        "elsewhere, not in the plan": (
            a_context(standing(Phase.WAITING, "web9", seats=SEATS), **CHANGED),
            MemberMoved("web9", "10.0.0.1:80", AT_ANOTHER),
        ),
        "one balancer is not seen": (
            a_context(waits(), silent={"lb2": ago(1)}, **CHANGED),
            None,
        ),
        "where another member was planned": (
            a_context(
                waits(),
                shows={"occupant": ANOTHER},
                plan=a_plan(seats={"web8": (Seat(SEATS[0].key, ANOTHER),)}),
            ),
            halt(Cause.OCCUPANT, "which is the address of web8, and was 10.0.0.1:80"),
        ),
        "where another member is known to be": (
            a_context(
                waits(),
                standing(Phase.WAITING, "web2", seats=home("web2")),
                shows={"occupant": WEB2},
                others=OUT | {"occupant": ANOTHER},
            ),
            halt(Cause.OCCUPANT, "web1 is 10.0.0.2:80 (web at lb1) now, which is the address of"),
        ),
        "where another one is seen": (
            a_context(waits(), shows={"occupant": ANOTHER}, others=OUT | {"occupant": ANOTHER}),
            halt(Cause.OCCUPANT, "which is the address of web2 (web at lb1)"),
        ),
        "at one balancer only": (a_context(waits(), **MOVED_IN), None),
        "at one balancer only, for too long": (
            a_context(waits(), seen_since=LONG, **MOVED_IN),
            halt(Cause.OCCUPANT, "web1 is 10.0.0.1:80 (web at lb1) and 10.0.0.9:80 (web at lb2)"),
        ),
        "at no address": (a_context(waits(), **NOWHERE), None),
        "at no address for too long": (
            a_context(waits(), seen_since=LONG, **NOWHERE),
            halt(Cause.OCCUPANT, "web1 is at no address"),
        ),
        "under another name": (
            a_context(waits(), others={"occupant": HERE}),
            halt(Cause.OCCUPANT, "web2 (web at lb1) leads to the same machine as web1"),
        ),
    },
)
def test_another_came(ctx: Context, output: Expected) -> None:
    """A new address that nobody else has is taken; what may be another machine halts."""
    m = next(iter(ctx.state.members.values()))
    m = ctx.state.members.get("web9", m)
    assert another_came(ctx, m) == output

"""A name that leads to another machine after its member was done, case by case."""

from typing import Any

from controller.core.decide.astray import is_astray, watch_done
from controller.core.decide.context import Context
from controller.core.events import Cause, MemberMoved
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Seat
from controller.core.state.parts import MemberState
from tests.support.contexts import (
    ANOTHER,
    HALTED,
    ROLLING_BACK,
    SEATS,
    a_context,
    a_plan,
    ago,
    home,
    standing,
    the,
)
from tests.support.tables import Expected, halt, table

MOVED = MemberMoved("web1", "10.0.0.1:80", tuple(Seat(one.key, ANOTHER) for one in SEATS))
CHANGED: dict[str, Any] = {"shows": {"occupant": ANOTHER}}
AT_ONE: dict[str, Any] = {"at": {"lb2": {"occupant": ANOTHER}}}
LONG = ago(60)


REHEARSED, JOINED = a_plan(upgrade=CourseShape(0)), a_plan(joins=True)
BY_ITS_STEP = a_plan(holds_out=False)


def done(phase: Phase = Phase.DONE, **changes: Any) -> MemberState:
    values: dict[str, Any] = {"seats": SEATS, "astray": True}
    return standing(phase, **values | changes)


@table(
    "ctx is_it",
    {
        "another one": (a_context(done(), **CHANGED), True),
        "another one, it was there already": (a_context(done(Phase.SKIPPED), **CHANGED), True),
        "another one at one balancer": (a_context(done(), **AT_ONE), True),
        "two machines, nothing known before": (a_context(done(seats=()), **AT_ONE), True),
        "itself again": (a_context(done()), False),
        "never seen to be another": (a_context(done(astray=False), **CHANGED), False),
        "not done": (a_context(done(Phase.SOAKING), **CHANGED), False),
        "after a halt": (a_context(done(), **CHANGED, **HALTED), False),
        "while others are rolled back": (a_context(done(), **CHANGED, **ROLLING_BACK), False),
        "in a rehearsal": (
            a_context(done(), plan=REHEARSED, **CHANGED),
            False,
        ),
        "the pool brings them": (a_context(done(), plan=JOINED, **CHANGED), False),
        "its step takes it out": (
            a_context(done(), plan=BY_ITS_STEP, **CHANGED),
            False,
        ),
    },
)
def test_is_astray(ctx: Context, is_it: bool) -> None:
    """What is called done must be what was upgraded."""
    assert is_astray(ctx, the(ctx)) is is_it


@table(
    "ctx output",
    {
        "as it was": (a_context(done(astray=False)), None),
        "another one": (a_context(done(), **CHANGED), MOVED),
        "one balancer is not seen": (
            a_context(done(), silent={"lb2": ago(1)}, **CHANGED),
            None,
        ),
        "at one balancer, for a moment": (a_context(done(), **AT_ONE), None),
        "at one balancer, for too long": (
            a_context(done(), seen_since=LONG, **AT_ONE),
            halt(Cause.OCCUPANT, "web1 is 10.0.0.1:80 (web at lb1) and 10.0.0.9:80 (web at lb2)"),
        ),
        "another member": (
            a_context(
                done(),
                standing(Phase.WAITING, "web2", seats=home("web2")),
                shows={"occupant": home("web2")[0].occupant},
                others={"occupant": SEATS[0].occupant},
            ),
            halt(Cause.OCCUPANT, "which is the address of web2"),
        ),
    },
)
def test_watch_done(ctx: Context, output: Expected) -> None:
    """A newcomer gets its turn; what may be another member, or two, is an out-of-band change."""
    assert watch_done(ctx) == output

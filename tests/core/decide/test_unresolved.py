"""Names without an address: waited for on the way back, and nobody's doing."""

from typing import Any

from controller.core.decide.advance import proceed
from controller.core.decide.context import Context, Output
from controller.core.decide.membership import watch_members
from controller.core.events import Cause, MemberGone, MemberLeft, MemberReturned
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Admin, Check
from controller.core.state.parts import MemberState
from controller.core.steps import Course, RunStep, Setting, Validate
from tests.support.contexts import (
    DRAINS,
    NAMELESS,
    OUT,
    READY,
    SEATS,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.lines import a_line
from tests.support.tables import Expected, halt, saying, sets, table

HELD = {**OUT, **NAMELESS}
COMING = {**DRAINS, **NAMELESS}
LISTED = {**READY, **NAMELESS}
LOST = {**HELD, "occupant": None}
"""As a balancer shows it whose former address is gone with the name."""
NO_STEPS = a_plan(upgrade=CourseShape(0))


def at(phase: Phase, shows: dict[str, Any], seconds: float = 5, **more: Any) -> Context:
    """web1 has been in `phase` so long, and lb2 shows it so."""
    its: dict[str, Any] = {"since": ago(seconds)}
    its |= {key: more.pop(key) for key in ("step", "passed") if key in more}
    m = standing(phase, **its)
    return a_context(m, at={"lb2": shows}, **more)


TOO_LATE = halt(Cause.MEMBER, "its name has no address (web at lb2)")


CASES: dict[str, tuple[Context, Expected]] = {
    "out, a step to run": (
        at(Phase.OUT, HELD),
        RunStep("web1", Course.UPGRADE, 0, 0, SEATS),
    ),
    "out, no step left": (at(Phase.OUT, HELD, plan=NO_STEPS), None),
    "out, a step to run, and its address is gone": (at(Phase.OUT, LOST), None),
    "out, and its address has been gone for long": (
        at(Phase.OUT, LOST, 60, seen_since=ago(60)),
        TOO_LATE,
    ),
    "its steps ended long ago, and its address is gone": (
        at(Phase.UPGRADING, LOST, 60, step=1),
        TOO_LATE,
    ),
    "its steps ended": (at(Phase.UPGRADING, HELD, step=1), None),
    "its steps ended long ago": (at(Phase.UPGRADING, HELD, 60, step=1), TOO_LATE),
    "its steps ended, and its name is back": (
        at(Phase.UPGRADING, OUT, 60, step=1),
        Validate("web1", Course.UPGRADE, SEATS),
    ),
    "validated": (at(Phase.VALIDATING, HELD, passed=True), None),
    "validated long ago": (at(Phase.VALIDATING, HELD, 60, passed=True), TOO_LATE),
    "checked: its name went": (at(Phase.CHECKING, COMING), sets(Setting.HOLD)),
    "checked: its name went, a balancer is silent": (
        at(Phase.CHECKING, COMING, silent={"lb1": ago(1)}),
        None,
    ),
    "checked: somebody else has put it back": (
        at(Phase.CHECKING, LISTED),
        halt(Cause.FOREIGN, "web1 at lb2"),
    ),
    "held at both": (
        a_context(standing(Phase.CHECKING, set_at=None), shows=OUT, at={"lb2": HELD}),
        None,
    ),
    "held at both for too long": (
        a_context(standing(Phase.CHECKING, since=ago(60)), shows=OUT, at={"lb2": HELD}),
        TOO_LATE,
    ),
    "put back": (at(Phase.RETURNING, LISTED), None),
    "put back long ago": (
        at(Phase.RETURNING, LISTED, 60),
        halt(Cause.MEMBER, "web at lb2: ready, its name has no address", condemned=("web1",)),
    ),
    "put back, and its name is back": (at(Phase.RETURNING, READY), MemberReturned("web1")),
    "soaking": (
        at(Phase.SOAKING, LISTED),
        halt(
            Cause.MEMBER,
            "lb2 has no address for the name of web1 any more, in its soak",
            condemned=("web1",),
        ),
    ),
    "its turn": (
        at(Phase.DUE, LISTED, 0.1),
        saying(MemberLeft, "has a name without an address (web at lb2)"),
    ),
    "its turn, and taken out besides": (
        at(Phase.DUE, HELD, 0.1),
        saying(MemberLeft, "was taken out of rotation by somebody else (web at lb2)"),
    ),
}


@table("ctx output", CASES)
def test_each_phase(ctx: Context, output: Expected) -> None:
    """Nobody is blamed; on its way back it is held out and waited for, as long as for the return,
    and proven once its name has an address (S4)."""
    assert proceed(ctx, the(ctx)) == output


def test_it_does_not_serve() -> None:
    """It is no capacity, has not passed, and is not on its way, with a check or without."""
    for check in (Check.PAUSED, Check.NONE):
        line = a_line(**{**DRAINS, **NAMELESS, "check": check})
        assert not any((line.is_serving, line.is_coming, line.has_passed))
    assert a_line(**LISTED).is_out
    assert not a_line(**LISTED).is_serving
    assert a_line(admin=Admin.OUT).standing == "out, passing"


def test_an_empty_slot_is_no_member() -> None:
    """One that waited in it is gone from the pool; one that we have out is not."""
    empty = {**NAMELESS, "is_vacant": True, "occupant": None}
    assert not a_line(**empty).may_be_member

    def watched(m: MemberState, **shows: Any) -> Output | None:
        return watch_members(a_context(m, **shows))

    waits = standing(Phase.WAITING)
    assert watched(waits, shows=empty) == saying(MemberGone, "its slot is empty now")
    assert watched(waits, at={"lb2": empty}) is None
    assert watched(standing(Phase.WAITING, since=ago(0.001)), shows=empty) is None
    assert watched(standing(Phase.FAILED), shows=empty) is None

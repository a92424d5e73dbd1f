"""Where a member stands against where we set it: what follows, case by case (S9, S14)."""

from collections.abc import Callable
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.drift import (
    contested,
    is_away,
    is_contested,
    is_held,
    is_in,
    is_ready,
    misplaced,
)
from controller.core.events import Cause, ForeignHandSeen
from controller.core.phases import Phase
from controller.core.pool import Line
from controller.core.state.parts import MemberState
from controller.core.steps import Setting
from tests.support.contexts import (
    DRAINS,
    OUT,
    READY,
    RELOADED,
    WORKERS,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.lines import a_line
from tests.support.tables import Expected, halt, sets, table

IN_AT_LB2: dict[str, Any] = {"at": {"lb2": READY}}
AGAIN = sets(Setting.HOLD)
NO_WEIGHT = READY | {"weight": 0}


def out(**changes: Any) -> MemberState:
    return standing(Phase.OUT, **changes)


@table(
    "ctx output",
    {
        "as we set it": (a_context(out()), None),
        "drained only": (a_context(out(), at={"lb2": DRAINS}), AGAIN),
        "in rotation at the worker that confirmed it": (
            a_context(out(), **IN_AT_LB2),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "in rotation after a reload": (
            a_context(out(), workers={"lb2": RELOADED}, **IN_AT_LB2),
            AGAIN,
        ),
        "in rotation at one that never confirmed it": (
            a_context(out(incarnations={"lb1": WORKERS["lb1"]}), **IN_AT_LB2),
            AGAIN,
        ),
        "in rotation since it came to the place": (
            a_context(out(), at={"lb2": {**READY, "is_unset": True}}),
            AGAIN,
        ),
        "in rotation before we set it": (a_context(out(set_at=ago(0.005)), **IN_AT_LB2), None),
        "in rotation, seen too long ago": (a_context(out(), seen=ago(3), **IN_AT_LB2), None),
        "in rotation at one that no longer answers": (
            a_context(out(), silent={"lb2": ago(0.001)}, **IN_AT_LB2),
            None,
        ),
        "what cannot be held out": (
            a_context(out(), plan=a_plan(holds_out=False), **IN_AT_LB2),
            None,
        ),
        "while its step runs": (
            a_context(standing(Phase.UPGRADING), **IN_AT_LB2),
            ForeignHandSeen("web1", "lb2"),
        ),
        "while its step runs, once more": (
            a_context(standing(Phase.UPGRADING, foreign=True), **IN_AT_LB2),
            None,
        ),
        "while its step runs, and to be set again": (
            a_context(standing(Phase.UPGRADING, foreign=True, confirmed=None), **IN_AT_LB2),
            AGAIN,
        ),
    },
)
def test_misplaced(ctx: Context, output: Expected) -> None:
    """A reload is set again; somebody else's change stops, or waits for the running step."""
    assert misplaced(ctx, the(ctx), is_held, Setting.HOLD) == output


@table(
    "phase confirmed shows is_foreign",
    {
        "returned, now out": (Phase.SOAKING, Setting.PUT_BACK, OUT, True),
        "returned, now draining": (Phase.SOAKING, Setting.PUT_BACK, DRAINS, True),
        "returned, now without weight": (Phase.SOAKING, Setting.PUT_BACK, NO_WEIGHT, True),
        "returned, now with another weight": (
            Phase.SOAKING,
            Setting.PUT_BACK,
            READY | {"weight": 1},
            False,
        ),
        "drained, now in": (Phase.DRAINING, Setting.DRAIN, READY, True),
        "drained, now out": (Phase.DRAINING, Setting.DRAIN, OUT, False),
        "held, now in": (Phase.OUT, Setting.HOLD, READY, True),
        "held, now draining": (Phase.OUT, Setting.HOLD, DRAINS, False),
        "removed, now in": (Phase.REMOVING, Setting.REMOVE, READY, True),
        "being checked, now out": (Phase.CHECKING, Setting.CHECK, OUT, True),
        "being checked, now in": (Phase.CHECKING, Setting.CHECK, READY, True),
        "put back as it was, now out": (Phase.RESTORING, Setting.RESTORE, OUT, False),
        "cut, now in": (Phase.OUT, Setting.CUT, READY, False),
        "nothing confirmed": (Phase.OUT, None, READY, False),
    },
)
def test_contradiction(
    phase: Phase, confirmed: Setting | None, shows: dict[str, Any], is_foreign: bool
) -> None:
    """Which lines cannot be what a setting left: those are somebody else's."""
    m = standing(phase, confirmed=confirmed, incarnations=WORKERS)
    ctx = a_context(m, shows=shows)
    output = contested(ctx, m, lambda line: False)
    assert output == (halt(Cause.FOREIGN, "web1 at lb1") if is_foreign else None)


@pytest.mark.parametrize(("is_ours", "is_foreign"), [(is_away, True), (lambda line: True, False)])
def test_what_is_ours_is_never_contested(is_ours: Callable[[Line], bool], is_foreign: bool) -> None:
    """A line that passes as ours is not compared any further."""
    ctx = a_context(out(), shows=READY)
    assert (contested(ctx, the(ctx), is_ours) is not None) is is_foreign


@table(
    "foreign shows contested_now",
    {
        "nobody interfered": (False, READY, False),
        "somebody did, and it is in rotation": (True, READY, True),
        "somebody did, and it is out again": (True, OUT, False),
    },
)
def test_contested_now(foreign: bool, shows: dict[str, Any], contested_now: bool) -> None:
    """What is in rotation by somebody else is not fought over."""
    m = out(foreign=foreign)
    for ctx in (a_context(m, shows=shows), a_context(m, shows=OUT, at={"lb2": shows})):
        assert is_contested(ctx, m) is contested_now


@table(
    "phase holds_out is_contested",
    {
        "held out": (Phase.UPGRADING, True, True),
        "cannot be held out": (Phase.UPGRADING, False, False),
        "cannot be held out, and is judged": (Phase.SOAKING, False, True),
    },
)
def test_what_cannot_be_held_out(phase: Phase, holds_out: bool, is_contested: bool) -> None:
    """Where a balancer cannot hold a member out, it is nobody's change that it is in rotation."""
    m = standing(phase)
    shows = OUT if phase is Phase.SOAKING else READY
    ctx = a_context(m, shows=shows, plan=a_plan(holds_out=holds_out))
    assert (contested(ctx, m, lambda line: False) is not None) is is_contested


@table(
    "shown held away ready met",
    {
        "in rotation": (READY, False, False, True, True),
        "in rotation, without weight": (NO_WEIGHT, False, False, True, False),
        "draining": (DRAINS, False, True, False, False),
        "out": (OUT, True, True, False, False),
    },
)
def test_where_a_line_is(
    shown: dict[str, Any], held: bool, away: bool, ready: bool, met: bool
) -> None:
    """One that drains is away, and not held out; nobody meets one without weight."""
    line = a_line(**shown)
    assert (is_held(line), is_away(line), is_ready(line), is_in(line)) == (held, away, ready, met)

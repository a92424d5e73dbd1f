"""Changed, unproven and waiting: held out of rotation at once, whatever put it back (S4)."""

from typing import Any

import pytest

from controller.core.decide.decide import decide
from controller.core.decide.hold_out import hold_out
from controller.core.decide.refused import TRIES
from controller.core.events import Cause
from controller.core.phases import Phase
from controller.core.steps import Setting
from tests.support.contexts import (
    ABORTED,
    DRAINS,
    FAILING,
    FOUND,
    HALTED,
    OUT,
    PUTTING_BACK,
    READY,
    RELOADED,
    ROLLING_BACK,
    STOPPED,
    WORKERS,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.tables import Expected, halt, sets, table

CHANGED: dict[str, Any] = {"found": FOUND, "begun": True}
HOLD = sets(Setting.HOLD)
OURS: dict[str, Any] = {"set_at": ago(5), "confirmed": Setting.HOLD, "incarnations": WORKERS}
RELOADED_AT_ONE: dict[str, Any] = {
    "shows": OUT,
    "at": {"lb2": READY},
    "workers": {"lb2": RELOADED},
}


@table(
    "changes shown output",
    {
        "in rotation": ({}, {"shows": READY}, HOLD),
        "in rotation at one": ({}, {"shows": OUT, "at": {"lb2": READY}}, HOLD),
        "draining": ({}, {"shows": DRAINS}, HOLD),
        "out": ({}, {"shows": OUT}, None),
        "not seen": ({}, {"shows": READY, "seen": ago(3)}, None),
        "in rotation, and the floor needs it": ({}, {"shows": READY, "others": FAILING}, None),
        "not in rotation, whatever the floor": ({}, {"shows": DRAINS, "others": FAILING}, HOLD),
        "in rotation, and proven": ({"proven": True}, {"shows": READY}, None),
        "in rotation, and not changed": ({"begun": False}, {"shows": READY}, None),
        "in rotation, and not ours": ({"found": None}, {"shows": READY}, None),
        "being set": ({"setting": Setting.HOLD}, {"shows": READY}, None),
        "not set just now": ({"tries": 1, "tried_at": ago(0.1)}, {"shows": READY}, None),
        "not set so often": (
            {"tries": TRIES, "tried_at": ago(1), "why": "lb2: no"},
            {"shows": READY},
            halt(Cause.BALANCER, "lb2: no"),
        ),
        "put back by somebody else": (OURS, {"shows": READY}, halt(Cause.FOREIGN, "web1 at lb1")),
        "put back by a reload": (
            OURS,
            RELOADED_AT_ONE,
            HOLD,
        ),
        "what cannot be held out": ({}, {"shows": READY, "plan": a_plan(holds_out=False)}, None),
        "while rolling back": ({}, {"shows": READY, **ROLLING_BACK}, HOLD),
        "after a halt, put back by a reload": (OURS, RELOADED_AT_ONE | HALTED, HOLD),
        "after a stop, put back by a reload": (OURS, RELOADED_AT_ONE | STOPPED, HOLD),
        "after a halt, drained by a reload": (
            OURS,
            {"shows": OUT, "at": {"lb2": DRAINS}, "workers": {"lb2": RELOADED}, **HALTED},
            HOLD,
        ),
        "after a halt, drained by somebody": (
            OURS,
            {"shows": OUT, "at": {"lb2": DRAINS}, **HALTED},
            None,
        ),
        "after a halt, put back by somebody else": (OURS, {"shows": READY, **HALTED}, None),
        "after a halt, by both": (
            OURS,
            {"shows": READY, "workers": {"lb2": RELOADED}, **HALTED},
            None,
        ),
        "after a halt, and left to somebody else": (
            OURS | {"foreign": True, "confirmed": None},
            RELOADED_AT_ONE | HALTED,
            None,
        ),
        "after a halt, and it is out since the reload": (
            OURS,
            {"shows": OUT, "workers": {"lb2": RELOADED}, **HALTED},
            None,
        ),
        "after a halt, and the floor needs it": (
            OURS,
            RELOADED_AT_ONE | {"others": FAILING} | HALTED,
            None,
        ),
        "after a halt, and not set so often": (
            OURS | {"set_at": None, "tries": TRIES, "tried_at": ago(1)},
            RELOADED_AT_ONE | HALTED,
            None,
        ),
        "after a halt, and not set less often": (
            OURS | {"set_at": None, "tries": TRIES - 1, "tried_at": ago(1)},
            RELOADED_AT_ONE | HALTED,
            HOLD,
        ),
        "after a halt": ({}, {"shows": READY, **HALTED}, None),
        "after a stop": ({}, {"shows": READY, **STOPPED}, None),
        "after an abort": ({}, {"shows": READY, **ABORTED}, None),
        "while all is put back": ({}, {"shows": READY, **PUTTING_BACK}, HOLD),
    },
)
def test_held_out(changes: dict[str, Any], shown: dict[str, Any], output: Expected) -> None:
    """At once and not drained, unless the floor needs it, or somebody else wants it there."""
    ctx = a_context(standing(Phase.WAITING, **CHANGED | changes), **shown)
    assert hold_out(ctx) == output


@pytest.mark.parametrize("phase", [Phase.DUE, Phase.ASKING, Phase.WAITING])
def test_comes_before_its_turn(phase: Phase) -> None:
    """Neither its turn nor its question is waited for."""
    ctx = a_context(standing(phase, **CHANGED), shows=READY)
    assert decide(ctx.plan, ctx.state, ctx.now) == HOLD

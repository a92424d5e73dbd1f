"""The time for a planned outage: told at its marks, and a halt when it is used up."""

from datetime import timedelta
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.outage import watch_outage
from controller.core.events import Cause, OutageSpent
from controller.core.phases import Phase
from controller.core.state.outage import Outage
from tests.support.contexts import (
    HALTED,
    NOW,
    ROLLING_BACK,
    STOPPED,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
)
from tests.support.tables import Expected, halt, table

FIVE = timedelta(minutes=5)
PLANNED = a_plan(outage=FIVE, min_available=0)


def out_for(time: float, spent: int, phase: Phase = Phase.UPGRADING, **state: Any) -> Context:
    m = standing(phase, outage=Outage(ago(time), spent))
    return a_context(m, plan=PLANNED, **state)


def told(percent: int, time: float) -> OutageSpent:
    return OutageSpent("web1", percent, FIVE, seconds(time))


OVER = halt(Cause.MEMBER, "web1: its planned outage has used up its 5m")


@table(
    "ctx output",
    {
        "no outage is planned": (a_context(standing(Phase.UPGRADING)), None),
        "nobody is out": (a_context(plan=PLANNED), None),
        "it begins": (out_for(0, -1), told(0, 0)),
        "it goes on": (out_for(149, 0), None),
        "half": (out_for(150, 0), told(50, 150)),
        "most of it": (out_for(240, 50), told(80, 240)),
        "a long way off": (out_for(900, -1), told(100, 900)),
        "all of it is told first": (out_for(300, 80), told(100, 300)),
        "all of it": (out_for(300, 100), OVER),
        "all of it, before its steps": (out_for(300, 100, Phase.OUT), OVER),
        "all of it, and not yet proven": (out_for(300, 100, Phase.VALIDATING), OVER),
        "halted already": (out_for(300, 100, **HALTED), None),
        "told after a halt, too": (out_for(300, 80, Phase.FAILED, **HALTED), told(100, 300)),
        "on the way back": (out_for(300, 100, **ROLLING_BACK), None),
        "told on the way back, too": (out_for(300, 80, **ROLLING_BACK), told(100, 300)),
        "stopped": (out_for(300, 100, **STOPPED), None),
        "waits for its turn": (out_for(300, 100, Phase.WAITING), None),
    },
)
def test_watched(ctx: Context, output: Expected) -> None:
    assert watch_outage(ctx) == output


def test_among_the_questions() -> None:
    """While a step runs, too."""
    ctx = out_for(300, 80)
    assert decide(ctx.plan, ctx.state, NOW) == told(100, 300)

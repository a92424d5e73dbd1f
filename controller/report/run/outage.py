"""Sentences about a planned outage: that it begins, how much of its time is left, and its end."""

from datetime import timedelta

from controller.core.events import OutageSpent
from controller.core.gates.figures import span, whole
from controller.core.state.outage import UNTOLD
from controller.core.state.parts import MemberState
from controller.core.steps import Setting

OVER = "OVER BUDGET"


def spent(event: OutageSpent) -> str:
    budget, lasted = span(event.budget), span(whole(event.lasted))
    if event.percent == 0:
        return f"its planned outage begins: it may be out for {budget}, until it is proven"
    if event.percent < 100:
        left = span(whole(event.budget - event.lasted))
        return f"out for {lasted}: {event.percent} % of its planned outage, {left} left of {budget}"
    return f"{OVER}: out for {lasted}, and its planned outage may last {budget}"


def after_how_long(m: MemberState, setting: Setting) -> str:
    """What its end adds to a sentence: how long it took, where that was limited."""
    if setting is not Setting.PUT_BACK or m.outage.took is None or m.outage.spent == UNTOLD:
        return ""
    return f", after {_exactly(m.outage.took)} out"


def _exactly(time: timedelta) -> str:
    return span(whole(time) if time > timedelta(seconds=10) else time)

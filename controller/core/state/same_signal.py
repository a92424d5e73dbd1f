"""A step that was ended by the signal that stops poolroll: `systemctl stop` sends it to every
process of a unit. That is no failure of the member: the step begins anew in the next run."""

from datetime import timedelta
from typing import Final

from controller.core.events import StopRequested
from controller.core.phases import Phase
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState, Progress

MOMENT: Final = timedelta(seconds=2)
"""Between the signal and the end of the step, whichever is known first."""

SIGNALS: Final = {129: "SIGHUP", 130: "SIGINT", 143: "SIGTERM"}
"""Exit code → the signal that ended the step."""

CAUGHT: Final = 255
"""Exit code of ssh when a signal has ended it; another program may mean anything by it, so it
counts with a connection that was cut alone."""


def is_by_a_signal(p: Progress) -> bool:
    """Whether a step failed in a way that the signal explains, should poolroll get it too."""
    is_cut = p.exit_code == CAUGHT and bool(p.may_run)
    return p.passed is False and (p.exit_code in SIGNALS or is_cut)


def begun_anew(m: MemberState, stop: StopRequested | None, stopped_at: Instant) -> MemberState:
    """The member, its failed step as one whose end counts for nothing, if that signal ended it."""
    p = m.progress
    if stop is None or m.phase is not Phase.UPGRADING or p.step_ended is None:
        return m
    is_same = SIGNALS.get(p.exit_code or 0, stop.why) == stop.why in SIGNALS.values()
    if not is_by_a_signal(p) or not is_same or abs(p.step_ended - stopped_at) > MOMENT:
        return m
    detail = f"{p.detail}; poolroll got {stop.why} at the same moment"
    p = replace(p, passed=None, lost=True, attempt=p.attempt + 1, detail=detail)
    return replace(m, progress=p)

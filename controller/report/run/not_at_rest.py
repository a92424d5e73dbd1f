"""A halt whose members take long to come to rest is told before that, with what it waits for."""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.way_back import taken_back
from controller.core.phases import OVER, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State
from controller.core.steps import RunStep
from controller.report.words import names, phase_word

SOON: Final = timedelta(seconds=30)
"""The lines of a halt come when all members are at rest, or after this time, and then once more at
the end: a step that still runs may take its whole timeout, also one whose helper hangs."""


def is_due(state: State, now: Instant) -> bool:
    """Whether the lines can wait no longer. A way back says by itself how it goes on, as long as
    none of its steps takes long."""
    if state.halted_at is None or not state.touched or state.finished is not None:
        return False
    if state.collection.work is not None:
        return True
    since = state.halted_at
    if state.mode is Mode.ROLLING_BACK:
        running = [m.since for m in state.members.values() if _step_of(m) is not None]
        since = max(since, min(running, default=now))
    return now - since >= SOON


def not_over(state: State) -> str:
    """Why the lines of a halt are not the last ones."""
    if state.collection.work is not None:
        return "members are at rest, `collect` goes on"
    return "members are not at rest yet"


def goes_back(plan: Plan, state: State, now: Instant) -> tuple[str, ...]:
    """Whom this run takes back by itself, if nobody stops it."""
    if state.mode is Mode.ROLLING_BACK:
        return tuple(name for name in state.rolling if state.members[name].phase not in OVER)
    return taken_back(Context(plan, state, now), state.halt) if state.halt is not None else ()


def waits_for(state: State) -> list[str]:
    """What the run still waits for, at most for how long, and how to end that."""
    if state.stop is not None and state.stop.at_once:
        return []
    members = state.members.values()
    lines = []
    if (fetched := state.collection.work) is not None:
        lines.append(
            f"{fetched.member}: `collect` fetches what may explain it; a second Ctrl-C (SIGTERM) "
            "skips it"
        )
    for m in members:
        if (step := _step_of(m)) is not None:
            lines.append(f"{m.name}: step {step.index + 1} MAY STILL RUN: its end is waited for")
        elif m.is_in_progress:
            lines.append(f"{m.name}: not at rest yet ({phase_word(m.phase)})")
    if state.mode is Mode.ROLLING_BACK:
        back = [name for name in state.rolling if state.members[name].phase is Phase.WAITING]
        lines += [f"{names(back)}: to be rolled back"] if back else []
    if any(_step_of(m) is not None for m in members):
        lines.append(
            "this run waits for the timeout of the step and 2m at most, then says how it ended; "
            "a second Ctrl-C (SIGTERM) ends the wait and leaves the step running"
        )
    return lines


def _step_of(m: MemberState) -> RunStep | None:
    return m.progress.work if isinstance(m.progress.work, RunStep) else None

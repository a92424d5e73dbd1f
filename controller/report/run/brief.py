"""The end of a run in one line: for a notice, and for a run that nobody watches. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from controller.core.outcome import Outcome
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Instant
from controller.core.settings import Settings
from controller.core.state.failures import are_known
from controller.core.state.state import State
from controller.legible import legible_line
from controller.report.members.roles import who_is_what
from controller.report.run.halt import unwritten
from controller.report.run.next_commands import NextCommands
from controller.report.run.summary import counts, goes_on, summary, unreached

WENT_WELL: Final = frozenset({Outcome.DONE, Outcome.PARTLY_DONE})
_DONE: Final = {
    Purpose.UPGRADE: "upgraded",
    Purpose.REHEARSAL: "out and back",
    Purpose.ROLLBACK: "rolled back",
}


def figures(plan: Plan, state: State, now: Instant) -> str:
    """`0 of 12 345 requests failed, 4 upgraded, 2 already there, 1 m 02 s`: of this run."""
    well, _, others = counts(plan, state)
    parts = [_requests(state), f"{well} {_DONE[plan.purpose]}", *others]
    roles = f"; {told}" if (told := who_is_what(state)) else ""
    return ", ".join([*parts, duration(now - state.began_at)]) + roles


def brief(
    plan: Plan,
    state: State,
    settings: Settings | None,
    now: Instant,
    wall: datetime,
    commands: NextCommands,
) -> Sequence[str]:
    """One line; none where there was nothing to do. What somebody should act on is said in full."""
    finished = state.finished
    if finished is None or finished.outcome not in WENT_WELL:
        return summary(plan, state, settings, now, wall, commands)
    is_done = finished.outcome is Outcome.DONE
    more = goes_on(plan, state, finished, commands) if is_done else []
    more += [unwritten(state)] if state.journal.is_unwritten else []
    if not (more or state.touched or unreached(state)):
        return []
    line = f"{plan.name}: {finished.outcome}: {figures(plan, state, now)}"
    return [legible_line(one) for one in (line, *more)]


def duration(span: timedelta) -> str:
    """`0.4 s`, `45 s`, `1 m 02 s`, `1 h 05 m`."""
    if span < timedelta(seconds=10):
        return f"{span.total_seconds():.1f} s"
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} m"
    return f"{minutes} m {seconds:02d} s" if minutes else f"{seconds} s"


def _requests(state: State) -> str:
    if not are_known(state):
        return "requests not counted"
    counted = state.pool.sum
    if not counted.total:
        return "no requests came"
    own = min(state.ours.total, counted.total)  # the last ones may be counted after the last look
    ours = f" ({_grouped(own)} of them our own)" if own else ""
    return f"{_grouped(counted.errors)} of {_grouped(counted.total)} requests{ours} failed"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")

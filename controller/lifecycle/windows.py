"""Windows, before a run begins: whether it may, what they leave of it, and how many members fit."""

from datetime import datetime, timedelta

from controller.config import RolloutFile
from controller.core.gates.figures import span
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.core.state.state import State
from controller.core.steps import Course
from controller.journal.member_times import fixed_waits, longest
from controller.lifecycle.findings import Findings
from controller.lifecycle.options import ReadPorts, RunOptions
from controller.report.words import count
from controller.runner.window_watch import ends_text, takes_text
from controller.windows.timetable import Timetable

NEVER = ", and nothing opens it within a year: change it in the rollout file"
ANYWAY = "to run all the same: --ignore-windows --reason TEXT"


async def look_at_windows(
    seen: Findings, ports: ReadPorts, file: RolloutFile, options: RunOptions
) -> None:
    """Adds what the windows say, and the timetable of the run. A way back waits for no window.
    Raises ConfigurationError, StateError."""
    calendar, plan = file.calendar(), seen.left
    if calendar.is_unlimited or plan is None or not plan.members:
        return
    if options.ignores_windows:
        seen.notes.insert(0, f"windows are ignored: {options.ignores_windows}")
        return
    if options.purpose is Purpose.ROLLBACK:
        seen.notes.insert(0, "a rollback does not wait for a window")
        return
    took = None
    if ports.journal is not None:
        took = await longest(ports.journal, plan)
    wall = ports.clock.wall()
    by = calendar.finish_by
    table = Timetable(
        calendar,
        by.after(wall) if by is not None else None,
        took if took is not None else by_timeouts(file, plan, plan.members[0]),
        is_measured=took is not None,
    )
    seen.timetable = table
    seen.notes.insert(0, _note(table, plan, wall))
    refusals = _refusals(table, plan, seen.state, wall)
    seen.refusals += refusals
    opens = table.opens_after(wall)
    if refusals and opens is not None and (table.fit(wall, 1) == 0 != table.fit(opens, 1)):
        seen.closed = refusals[0]


def by_timeouts(file: RolloutFile, plan: Plan, member: Member) -> timedelta:
    """What one member may take at most, each of its waits to the end. Raises ConfigurationError."""
    policies = plan.policies
    course = Course.ROLLBACK if plan.purpose is Purpose.ROLLBACK else Course.UPGRADE
    work = file.work(course, member, "plan")
    steps = () if plan.purpose is Purpose.REHEARSAL else work.steps
    parts = [
        policies.drain.timeout,
        *(step.timeout for step in steps),
        work.guard.task.timeout if work.guard is not None else timedelta(0),
        *(validation.within for validation in work.validations),
        policies.comeback.within,
        fixed_waits(plan),
    ]
    return sum(parts, timedelta(0))


def _note(table: Timetable, plan: Plan, wall: datetime) -> str:
    found = table.now(wall)
    if not found.is_open:
        opens = table.opens_after(wall)
        if opens is None:
            return f"window: {ends_text(table, wall)}"
        again = f"opens {table.told(opens)}: {_fit(table, plan, opens)}"
        return f"window: {ends_text(table, wall)}, {again}"
    if found.until is None:
        return "window: open, and nothing closes it within a year"
    left = span(found.until - wall)
    return (
        f"window: open for {left}, until {table.told(found.until)} ({found.why}): "
        f"{_fit(table, plan, wall)}"
    )


def _fit(table: Timetable, plan: Plan, at: datetime) -> str:
    whole = len(plan.members)
    fit = table.fit(at, plan.max_unavailable)
    number = whole if fit is None else min(fit, whole)
    return f"{number} of {count(whole, 'member')} fit, each {takes_text(table)}"


def _refusals(table: Timetable, plan: Plan, state: State, wall: datetime) -> list[str]:
    found = table.now(wall)
    opens = table.opens_after(wall)
    next_one = f"; it opens {table.told(opens)}" if opens is not None else ""
    if not found.is_open:
        then = next_one or NEVER
        return [f"the window is {ends_text(table, wall)}{then}; {ANYWAY}"]
    is_under_way = any(m.is_in_progress or m.is_away for m in state.members.values())
    if not is_under_way and table.fit(wall, 1) == 0:
        said = ends_text(table, wall)
        return [f"no member would be done before the window ends: {said}{next_one}; {ANYWAY}"]
    turns = -(-len(plan.members) // plan.max_unavailable)
    end = table.finish_by
    if end is not None and wall + table.takes * turns > end:
        return [
            f"finish_by is {table.told(end)}, and "
            f"{count(len(plan.members), 'member')} take {span(table.takes * turns)}, each "
            f"{takes_text(table)}; {ANYWAY}"
        ]
    return []

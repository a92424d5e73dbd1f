"""The halt message: what happened, who is affected, and what to type next."""

from collections.abc import Sequence
from datetime import datetime

from controller.core.events import Cause
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.snapshot import capacity
from controller.core.state.failures import failures, why_unknown
from controller.core.state.state import State
from controller.legible import legible_line
from controller.report.members.placement import observed
from controller.report.members.roles import who_is_what
from controller.report.members.status import (
    is_changed,
    is_fine,
    left_status,
    member_status,
    non_members,
)
from controller.report.run.about import NOTHING, About
from controller.report.run.next_commands import NextCommands
from controller.report.run.not_at_rest import goes_back, not_over, waits_for
from controller.report.run.users import lost, unanswered, users
from controller.report.run.ways_on import after_halt
from controller.report.times import clock_time, moment
from controller.report.words import count, names


def halt_message(
    plan: Plan,
    state: State,
    now: Instant,
    wall: datetime,
    *,
    commands: NextCommands,
    about: About = NOTHING,
    is_early: bool = False,
) -> list[str]:
    """HALTED, SEEN, LIMIT, MEMBERS, USERS, CAN WAIT, CALL where somebody is named, NEXT.
    `is_early`: members are not at rest yet; then NOW says what is waited for."""
    halt = state.halt
    if halt is None:
        raise ValueError("not halted")
    seen = [halt.seen, unwritten(state)] if state.journal.is_unwritten else [halt.seen]
    lines = [
        f"HALTED    {_head(plan, state, now, wall, commands, about)}"
        + (f" ({not_over(state)})" if is_early else ""),
        *_labelled("SEEN", seen),
        f"LIMIT     {halt.limit}",
        *_labelled("MEMBERS", [*_as_of(state, now, wall), *_members(plan, state)]),
        *_labelled("NOW", waits_for(state) if is_early else []),
        f"USERS     {users(state, now, wall)}",
        *_labelled("CAN WAIT", _can_wait(plan, state, now)),
        *_labelled("SEE", _collected(state, commands)),
        *_labelled("CALL", [about.call] if about.call else []),
        *_labelled(
            "NEXT",
            after_halt(
                plan, state, commands, about, goes_back(plan, state, now) if is_early else ()
            ),
        ),
    ]
    return [legible_line(line) for line in lines]


def _collected(state: State, commands: NextCommands) -> list[str]:
    """Where to read what was fetched from members."""
    members = state.collection.members
    if not members or state.journal.is_unwritten:
        return []
    return [f"what `collect` fetched from {names(members)}: {commands.collected}"]


def _head(
    plan: Plan, state: State, now: Instant, wall: datetime, commands: NextCommands, about: About
) -> str:
    """Which rollout, of what, and when: what is read first, by somebody who was asleep."""
    what = f"{plan.purpose}{' to ' + about.version if about.version else ''}"
    at = wall - (now - state.halted_at) if state.halted_at is not None else wall
    return f"rollout {commands.name}, {what}, at {moment(at)}"


def unwritten(state: State) -> str:
    """That the journal lacks what came last: `status` and the next run do not know of it."""
    is_told = state.halt is not None and state.halt.cause is Cause.JOURNAL
    why = "" if is_told else f": {state.journal.fault}"
    return f"the end of this run is NOT IN THE JOURNAL{why}"


def without_next(lines: Sequence[str]) -> list[str]:
    """The lines of a halt that an operator has decided on: its NEXT commands no longer apply."""
    kept, is_next = [], False
    for line in lines:
        is_next = line.startswith("NEXT") or (is_next and line.startswith(" "))
        kept += [] if is_next else [line]
    return kept


def outdated(lines: Sequence[str], back: Sequence[str]) -> list[str]:
    """The lines of a halt, where members are `back` in rotation since: what it said of users no
    longer holds."""
    if not back:
        return list(lines)
    why = f"{names(back)} came back into rotation since this halt"
    now = {
        "USERS": f"USERS     NOT KNOWN now: {why}",
        "CAN WAIT": f"CAN WAIT  NOT KNOWN, treat it as NO: {why}",
    }
    return [
        next((line for label, line in now.items() if told.startswith(label)), told)
        for told in lines
    ]


def _labelled(label: str, lines: list[str]) -> list[str]:
    return [f"{label if i == 0 else '':<8}  {line}" for i, line in enumerate(lines)]


def _as_of(state: State, now: Instant, wall: datetime) -> list[str]:
    """How old the members' state is, where a load balancer does not answer."""
    silent = lost(state)
    seen = [snapshot.at for snapshot in silent if snapshot.at is not None]
    if not silent:
        return []
    if len(seen) < len(silent):
        return ["according to the journal:"]
    return [f"as last seen at {clock_time(wall - (now - min(seen)))}:"]


def _members(plan: Plan, state: State) -> list[str]:
    """A line for each member that needs attention; the others are grouped."""
    lines, groups = [], dict[str, list[str]]()
    for name in plan.left:
        groups.setdefault(left_status(plan, state, name), []).append(name)
    for m in state.members.values():
        how, seen = member_status(plan, state, m), observed(state, m.name)
        if is_fine(m) and (seen.is_serving or not seen.is_seen):
            groups.setdefault(how.partition(":")[0], []).append(m.name)
        else:
            lines.append(f"{m.name}: {how}")
    lines += [f"{name}: {how}" for name, how in non_members(plan, state).items()]
    return lines + [f"{names(group)}: {how}" for how, group in groups.items()]


def serving(state: State) -> int:
    """How many serve. A member that we have out does not, even where the last look is older."""
    partly = (Phase.KEPT, Phase.RAMPING, Phase.RETURNING)
    away = frozenset(m.name for m in state.members.values() if m.is_away and m.phase not in partly)
    return capacity(state.snapshots.values(), away).serving


def serve(number: int) -> str:
    return count(number, "member serves", "members serve")


def _can_wait(plan: Plan, state: State, now: Instant) -> list[str]:
    number, floor = serving(state), plan.min_available
    figures = f"{serve(number)}, the floor is {floor}"
    figures += f"; {roles}" if (roles := who_is_what(state)) else ""
    failed = failures(state, now)
    if unknown := unanswered(state):  # nor is it known who serves
        text = f"NOT KNOWN, treat it as NO: {unknown}"
    elif number < floor:
        text = f"NO: {figures}"
    elif unknown := why_unknown(state):
        text = f"NOT KNOWN, treat it as NO: {unknown}; {figures}"
    elif failed is not None and failed.are_going_on(now):
        text = f"NO, users are failing: {figures}"
    else:
        text = f"yes: {figures}"
    changed = [m.name for m in state.members.values() if is_changed(m)]
    lines = [text]
    if changed and not plan.remembers:
        lines.append(
            f"but do not reload a load balancer: that may put {names(changed)} back in rotation"
        )
    return lines

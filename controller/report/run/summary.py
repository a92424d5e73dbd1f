"""The summary at the end of a run: outcome, each member, and what to do next."""

from collections.abc import Sequence
from datetime import datetime

from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.phases import EXPOSED, Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Instant
from controller.core.settings import Settings
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import Course
from controller.legible import legible_line
from controller.records import RolloutRow
from controller.report.members.placement import observed
from controller.report.members.roles import who_is_what
from controller.report.members.status import (
    fault,
    is_changed,
    is_given_back,
    is_gone,
    is_whole,
    left_status,
    member_status,
    was_there,
    went_back,
)
from controller.report.run.about import about
from controller.report.run.by_hand import put_back, take_out, where
from controller.report.run.former import of_unknown
from controller.report.run.gone import NOBODY_KNOWS
from controller.report.run.halt import halt_message, serve, serving, unwritten
from controller.report.run.next_commands import NextCommands
from controller.report.run.users import unanswered
from controller.report.run.window_over import in_the_next_window, paused_until
from controller.report.times import moment
from controller.report.words import count, names

DONE = {
    Purpose.UPGRADE: "upgraded and returned",
    Purpose.REHEARSAL: "out and back under live traffic, nothing else done",
    Purpose.ROLLBACK: "rolled back and returned",
}


def summary(
    plan: Plan,
    state: State,
    settings: Settings | None,
    now: Instant,
    wall: datetime,
    commands: NextCommands,
) -> list[str]:
    """Outcome and state of each member at the end of a run, and the next commands."""
    finished = state.finished
    if finished is None:
        raise ValueError("not finished")
    if finished.outcome is Outcome.HALTED:
        known = about(settings, plan)
        return halt_message(plan, state, now, wall, commands=commands, about=known)
    if finished.outcome is Outcome.REFUSED:
        return [f"refused, nothing was touched: {finished.why}"]
    lines = [f"{finished.outcome}: {tally(plan, state)}", *status_lines(plan, state)]
    lines += [roles] if (roles := who_is_what(state)) else []
    lines += goes_on(plan, state, finished, commands)
    if state.journal.is_unwritten:
        then = "the next run goes on from what the journal has"
        lines.append(f"{unwritten(state)}; {NOBODY_KNOWS if state.journal.is_gone else then}")
    return [legible_line(line) for line in lines]


def cut_off(plan: Plan, state: State, why: str, commands: NextCommands) -> list[str]:
    """The summary of a run that ended because it could not write its journal."""
    members = [f"  {m.name}  {member_status(plan, state, m)}" for m in state.members.values()]
    lines = [f"CUT OFF: {why}", *members]
    lines.append(f"a running step goes on; `{commands.run}` continues once that is fixed")
    return [legible_line(line) for line in lines]


def tally(plan: Plan, state: State, *, is_of_all: bool = False) -> str:
    """How many members ended in which state; with `is_of_all`, of how many."""
    well, members, others = counts(plan, state)
    of = f"{well} of {count(members, 'member')}" if is_of_all else count(well, "member")
    return ", ".join([f"{of} {DONE[plan.purpose]}", *others])


def counts(plan: Plan, state: State) -> tuple[int, int, list[str]]:
    """How many members ended well, of how many, and what became of the others."""
    members = [m for m in state.members.values() if not is_gone(state, m)]
    done = [m for m in members if m.phase is Phase.DONE]
    whole = [m for m in done if is_whole(plan, m) and not m.trial.disproven]
    rolled_back = [m for m in whole if m.progress.course is Course.ROLLBACK]
    there = [m for m in whole if was_there(m)]
    parts = []
    skipped = unreached(state)
    left = len(plan.left) + sum(1 for m in members if m.phase is Phase.LEFT) - len(skipped)
    for number, words in (
        (len(rolled_back), f"{went_back(plan)} and returned"),
        (len(there), "already there and returned"),
        (len(done) - len(whole), "put back as they are"),
        (sum(1 for m in members if m.phase is Phase.SKIPPED), "already there"),
        (sum(1 for m in members if _is_risky(plan, m)), "in rotation, not proven"),
        (sum(1 for m in members if _is_out(m)), "out of rotation because of us"),
        (len(skipped), f"skipped, not reached ({names(skipped)})"),
        (left, "left as found"),
    ):
        if number:
            parts.append(f"{number} {words}")
    return len(whole) - len(rolled_back) - len(there), len(members), parts


def unreached(state: State) -> list[str]:
    """Members that were skipped, since `unless` did not reach them."""
    return [m.name for m in state.members.values() if m.is_unreached]


def status_lines(plan: Plan, state: State) -> list[str]:
    """A line for each member."""
    width = max((len(name) for name in (*state.members, *plan.left)), default=0)
    lines = [
        f"  {m.name:<{width}}  {member_status(plan, state, m)}" for m in state.members.values()
    ]
    return lines + [f"  {name:<{width}}  {left_status(plan, state, name)}" for name in plan.left]


def over(none: str, row: RolloutRow, plan: Plan, state: State, commands: NextCommands) -> list[str]:
    """How an ended rollout ended, and which members are still out of rotation. `none`: says what
    was not found."""
    ended = f" at {moment(row.ended)}" if row.ended is not None else ""
    by = f" {state.finished.why}" if row.outcome == Outcome.ABORTED and state.finished else ""
    out = left_behind(plan, state, commands) or ["it left no member out of rotation"]
    lines = [f"{none}: the newest, {row.id}, ended{ended}: {row.outcome}{by}", *out]
    return [legible_line(line) for line in lines]


RETURNED = frozenset({*EXPOSED, Phase.KEPT})


def _is_unproven(m: MemberState) -> bool:
    return m.phase in RETURNED and m.progress.begun


def _is_out(m: MemberState) -> bool:
    return m.is_away and m.phase not in RETURNED


def goes_on(plan: Plan, state: State, finished: Finished, commands: NextCommands) -> list[str]:
    """What is left to do, and how, after a run that did not halt."""
    if finished.outcome is Outcome.STOPPED:
        return _stopped(plan, state, finished.why, commands)
    if finished.outcome is Outcome.PAUSED:
        return _paused(plan, state, finished, commands)
    if finished.outcome is Outcome.PARTLY_DONE:
        waiting = [m.name for m in state.members.values() if m.phase is Phase.WAITING]
        return [f"not started: {names(waiting)}; `{commands.run}` goes on with them"]
    return [
        *_returned_though_failed(state),
        *misplaced(plan, state),
        *left_behind(plan, state, commands),
    ]


def _paused(plan: Plan, state: State, finished: Finished, commands: NextCommands) -> list[str]:
    """The window is over, and everybody at rest."""
    waiting = [m.name for m in state.members.values() if m.phase is Phase.WAITING]
    return [
        *_floor(plan, state),
        *misplaced(plan, state),
        f"paused {paused_until(finished)}: {finished.why}",
        f"not started: {names(waiting)}; {in_the_next_window(finished, commands)}",
    ]


def _stopped(plan: Plan, state: State, why: str, commands: NextCommands) -> list[str]:
    """A safe state: users meet no unproven member, not even one that a reload or another hand put
    back; no step still runs, and the floor holds as seen after the last setting."""
    lines = under_way(plan, state, commands)
    members = state.members.values()
    short = _floor(plan, state)
    back = misplaced(plan, state)
    is_safe = not (short or back) and not any(
        m.progress.unfinished or m.progress.may_run or _is_risky(plan, m) for m in members
    )
    seen = [f"SEEN      {m.name}: {m.progress.detail}" for m in members if _is_stopped_too(m)]
    lines = [*seen, *lines]
    first = f"stopped ({why}) in a safe state" if is_safe else f"stopped ({why})"
    lines = [*short, *back, *lines]
    return [first, *lines] if lines else [f"{first}; `{commands.run}` goes on"]


def _is_stopped_too(m: MemberState) -> bool:
    """Whether the signal that stopped poolroll has ended its step."""
    return m.phase is Phase.UPGRADING and m.progress.lost and m.progress.exit_code is not None


def _floor(plan: Plan, state: State) -> list[str]:
    """What is wrong with the floor; nothing of it where nothing was touched."""
    if not state.touched:
        return []
    if unseen := unanswered(state):
        return [f"NOT KNOWN whether enough members serve: {unseen}"]
    number = serving(state)
    if number >= plan.min_available:
        return []
    return [f"BELOW THE FLOOR: {serve(number)}, the floor is {plan.min_available}"]


def under_way(plan: Plan, state: State, commands: NextCommands) -> list[str]:
    """Members that were left half-way, and what the next run does about them."""
    members = state.members.values()
    unproven = [m.name for m in members if _is_risky(plan, m)]
    running = [m.name for m in members if m.progress.unfinished]
    out = [m.name for m in members if _is_out(m) and not m.progress.unfinished]
    lines = []
    if unproven:
        serve, its, it = ("serves", "its", "it")
        if len(unproven) > 1:
            serve, its, it = ("serve", "their", "them")
        lines.append(
            f"{names(unproven)} {serve} users UNPROVEN: {its} soak was not finished; "
            f"`{commands.run}` goes on and judges {it}"
        )
    if running:
        lines.append(
            f"the command on {names(running)} runs on by itself; `{commands.run}` waits for its end"
        )
    if out:
        them = "it" if len(out) == 1 else "them"
        lines.append(f"{names(out)} out of rotation; `{commands.run}` goes on with {them}")
    return lines


def _is_risky(plan: Plan, m: MemberState) -> bool:
    """Never in a rehearsal: its members serve the same version as before."""
    return _is_unproven(m) and plan.purpose is not Purpose.REHEARSAL


def _returned_though_failed(state: State) -> list[str]:
    return [
        f"{m.name} back in rotation though it {fault(m)}: WATCH YOUR USERS"
        for m in state.members.values()
        if m.phase is Phase.DONE and m.trial.disproven
    ]


def left_behind(plan: Plan, state: State, commands: NextCommands) -> list[str]:
    """How to return members that an ended rollout left out of rotation, what that does to users,
    and what would bring them back unasked: nobody watches any longer."""
    members = [m for m in state.members.values() if _is_out(m)]
    members = [m for m in members if not observed(state, m.name).ready]
    out = [m.name for m in members]
    if not out:
        return []
    stay, them = ("stays", "it") if len(out) == 1 else ("stay", "them")
    typed = put_back(plan, out)
    lines = [
        f"{names(out)} {stay} out: the next `{commands.run}` takes {them} first"
        + (f"; by hand{where(plan, ', ')}{typed}" if typed else "")
    ]
    lines += [
        f"CAUTION: {m.name} {fault(m)}: put it back only with another version, or once it is mended"
        for m in members
        if m.trial.disproven
    ]
    lines += of_unknown(plan, members, commands)
    return lines + _unwatched(plan, [m.name for m in members if is_changed(m)], commands)


def _unwatched(plan: Plan, changed: Sequence[str], commands: NextCommands) -> list[str]:
    if not changed or plan.remembers:
        return []
    them = "it" if len(changed) == 1 else "them"
    return [
        f"do not reload a load balancer: that may put {names(changed)} back in rotation; "
        f"`{commands.guard}` keeps {them} out"
    ]


def back_in_rotation(state: State) -> list[str]:
    """Members that must be out of rotation and are not, as seen last."""
    members = [
        m.name for m in state.members.values() if is_changed(m) and not is_given_back(state, m)
    ]
    return [name for name in members if observed(state, name).ready]


def misplaced(plan: Plan, state: State) -> list[str]:
    """Members that must be out of rotation and are not, with the command to take them out."""
    ready = back_in_rotation(state)
    if not ready:
        return []
    typed = take_out(plan, ready)
    return [f"take {names(ready)} out of rotation{where(plan, ' ')}{typed}"]

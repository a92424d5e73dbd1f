"""The halt message: six lines that someone who knows nothing understands at three at night."""

from datetime import datetime

from controller.core.phases import Phase
from controller.core.plan import Plan
from controller.core.pool import Instant
from controller.core.rollout import State
from controller.core.sight import capacity
from controller.core.users import failures
from controller.report.onward import Onward
from controller.report.words import count, names, span, standing


def halt_message(
    plan: Plan, state: State, now: Instant, wall: datetime, *, onward: Onward, contact: str
) -> list[str]:
    """The lines. `contact`: owner and runbook, or empty."""
    halt = state.halt
    if halt is None:
        raise ValueError("not halted")
    return [
        f"SEEN      {halt.seen}",
        f"LIMIT     {halt.limit}",
        *_members(plan, state),
        f"USERS     {_users(state, now, wall)}",
        f"CAN WAIT  {_can_wait(plan, state)}" + (f"; {contact}" if contact else ""),
        f"NEXT      to go on:  {onward.resume}, then {onward.run}",
        f"          to end it: {onward.abort}   "
        "(--restore also puts back what passes its validation)",
    ]


def _members(plan: Plan, state: State) -> list[str]:
    """Those that need a look stand each on a line, the others are counted."""
    lines, groups = [], dict[str, list[str]]()
    for name, how in plan.left.items():
        groups.setdefault(f"left as found: {how}", []).append(name)
    for m in state.members.values():
        if m.phase in (Phase.WAITING, Phase.DONE, Phase.SKIPPED) and m.found is None:
            groups.setdefault(standing(m, plan.purpose).partition(":")[0], []).append(m.name)
        else:
            lines.append(f"{m.name}: {standing(m, plan.purpose)}")
    lines += [f"{names(group)}: {how}" for how, group in groups.items()]
    return [f"{'MEMBERS ' if i == 0 else '        '}  {line}" for i, line in enumerate(lines)]


def _users(state: State, now: Instant, wall: datetime) -> str:
    """From the pool's own counters over the last seconds."""
    if state.halt is not None and any(s.lost_since is not None for s in state.sights.values()):
        return "not known: a load balancer does not answer"
    failed = failures(state, now)
    if failed is None:
        watched = now - state.points[0][0] if state.points else now - now
        return f"not failing; no failed request seen in the last {span(watched)}"
    first, last = (f"{wall - (now - one):%H:%M:%S}" for one in (failed.first, failed.last))
    figure = count(failed.count, "failed request")
    if failed.are_going_on(now):
        return f"FAILING NOW, since {first} UTC: {figure}"
    when = f"at {first}" if first == last else f"from {first} to {last}"
    return f"not failing now; {figure} {when} UTC"


def _can_wait(plan: Plan, state: State) -> str:
    room = capacity(state.sights.values())
    floor = plan.min_available
    verdict = "yes" if room.serving >= floor else "NO"
    return (
        f"{verdict}: {count(room.serving, 'member serves', 'members serve')}, the floor is {floor}"
    )

"""The halt message: six lines that someone who knows nothing understands at three at night."""

from datetime import datetime, timedelta
from shlex import quote

from controller.core.phases import Phase
from controller.core.plan import Plan
from controller.core.pool import Counters, Instant
from controller.core.rollout import State
from controller.core.sight import capacity
from controller.report.words import count, names, span, standing

RECENT = timedelta(seconds=1)
"""Users are failing *now* when a request failed within this."""


def halt_message(
    plan: Plan, state: State, now: Instant, wall: datetime, *, file: str, contact: str
) -> list[str]:
    """The lines. `file`: as the operator named it; `contact`: owner and runbook, or empty."""
    halt = state.halt
    if halt is None:
        raise ValueError("not halted")
    return [
        f"SEEN      {halt.seen}",
        f"LIMIT     {halt.limit}",
        *_members(plan, state),
        f"USERS     {_users(state, now, wall)}",
        f"CAN WAIT  {_can_wait(plan, state)}" + (f"; {contact}" if contact else ""),
        f"NEXT      to go on:  poolroll resume {plan.name} --reason '…', then poolroll run "
        f"{quote(file)}",
        f"          to end it: poolroll abort {plan.name}   "
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
    points = [*state.points, (now, state.pool.sum)]
    risen = [
        (points[i][0], _more(points[i - 1][1], points[i][1]))
        for i in range(1, len(points))
        if points[i][1].errors > points[i - 1][1].errors
    ]
    errors = sum(more.errors for _, more in risen)
    if not risen:
        return f"not failing; no failed request seen in the last {_watched(points, now)}"
    first, last = wall - (now - risen[0][0]), wall - (now - risen[-1][0])
    if now - risen[-1][0] <= RECENT:
        return f"FAILING NOW, since {first:%H:%M:%S} UTC: {count(errors, 'failed request')}"
    return (
        f"not failing now; {count(errors, 'failed request')} from {first:%H:%M:%S} to "
        f"{last:%H:%M:%S} UTC"
    )


def _more(before: Counters, after: Counters) -> Counters:
    return Counters(after.errors - before.errors, after.total - before.total)


def _watched(points: list[tuple[Instant, Counters]], now: Instant) -> str:
    return span(now - points[0][0])


def _can_wait(plan: Plan, state: State) -> str:
    room = capacity(state.sights.values())
    floor = plan.min_available
    verdict = "yes" if room.serving >= floor else "NO"
    return (
        f"{verdict}: {count(room.serving, 'member serves', 'members serve')}, the floor is {floor}"
    )

"""Planned outages: from when to when each member is out, by what the state says after an event."""

from datetime import timedelta
from typing import Final

from controller.core.events import Event, RunBegan
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.outage import Outage
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State

ZERO: Final = timedelta(0)


def timed(plan: Plan, before: State, event: Event, after: State, now: Instant) -> State:
    """`after`, with the outages of members that the event has changed."""
    if plan.policies.outage is None or after.members is before.members:
        return after
    if isinstance(event, RunBegan):
        members = {n: _taken_over(before, m, event, now) for n, m in after.members.items()}
        return replace(after, members=members)
    is_anew = before.mode is Mode.HALTED and after.mode is Mode.RUNNING
    members = dict(after.members)
    for name, m in after.members.items():
        if before.members.get(name) is m and not is_anew:
            continue
        outage = _outage(m, now, is_anew=is_anew)
        if outage is not m.outage:
            members[name] = replace(m, outage=outage)
    return replace(after, members=members)


def _outage(m: MemberState, now: Instant, *, is_anew: bool) -> Outage:
    """`is_anew`: the operator has decided to go on, and it has all of its time once more."""
    is_out = m.placement.found is not None and not m.progress.proven
    if not is_out:
        return m.outage.ended(now)
    return Outage(now) if m.outage.since is None or is_anew else m.outage


def _taken_over(before: State, m: MemberState, event: RunBegan, now: Instant) -> MemberState:
    """It goes on while no process runs, by the wall clock: that of the new process may be another
    one, and never counts backwards."""
    since = m.outage.since
    if since is None:
        return m
    was, lasted = before.run.wall if before.run is not None else None, ZERO
    if was is not None and event.wall is not None:
        lasted = max(ZERO, event.wall - was - (since - before.began_at))
    return replace(m, outage=replace(m.outage, since=now - lasted))

"""Traffic: do users still reach the pool once a member was taken out?

A load balancer may turn all users away when it has one member less, and its own rules say so: the
pool then has no errors, for it has no requests. What came before a member was taken out is compared
with what came after.
"""

from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.events import Cause, Halted
from controller.core.gates.falloff import (
    LEAST,
    fails_elsewhere,
    goes_on,
    is_enough,
    is_near_zero,
    is_steady,
    less,
    users_still_come,
)
from controller.core.gates.figures import span
from controller.core.gates.flow import WATCHED, Flow, Stretch
from controller.core.phases import BACK, EXPOSED
from controller.core.pool import Instant
from controller.core.state.ours_at import ours_at
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode

BEFORE: Final = timedelta(seconds=3)
"""Traffic is watched so long before the first member is taken out, or until `ENOUGH` came."""
ENOUGH: Final = 50
AT_LEAST: Final = timedelta(milliseconds=500)

PASSED_BY: Final = timedelta(seconds=1)
"""So long nothing may reach a backend while users still come to its load balancer."""
GONE: Final = timedelta(seconds=5)
"""So long nothing may come at all: a health check in front may have turned them away, or they
pause."""

LIMIT: Final = "taking a member out must not keep users from the pool"


def watch_traffic(ctx: Context) -> Halted | None:
    """The halt when users no longer reach the pool since a member was taken out. One that is on its
    way back is not to blame any more."""
    if not _is_judged(ctx):
        return None
    for m in ctx.state.in_progress:
        since = m.draining.drain_since
        if since is None or ctx.now - since > WATCHED or m.phase in EXPOSED:
            continue
        if seen := _fallen(ctx, m, since) or _failing(ctx, m, since):
            return Halted(Cause.TRAFFIC, seen, LIMIT, m.name)
    return None


def is_measured(ctx: Context, m: MemberState) -> bool:
    """Whether the traffic is known that a member is about to be taken from. A quiet pool need not
    be watched."""
    if not _is_judged(ctx) or not _is_first(ctx, m):
        return True
    return all(_is_long_enough(flow) for flow in ctx.state.flows.values())


def _is_long_enough(flow: Flow) -> bool:
    if flow.rate is None or flow.rate < LEAST:
        return True
    watched = flow.ends - flow.begins
    came = flow.points[-1][1].total - flow.points[0][1].total
    return watched >= BEFORE or (came >= ENOUGH and watched >= AT_LEAST)


def is_borne_out(ctx: Context, m: MemberState) -> bool:
    """Whether users are seen to reach the pool without a member, before its upgrade begins. Where
    that cannot be judged, it is not waited for."""
    since = m.draining.drain_since
    if not _is_judged(ctx) or not _is_first(ctx, m) or since is None:
        return True
    for place, flow in ctx.state.flows.items():
        if flow.ends - since >= GONE or not _is_steady(ctx, place, since):
            continue
        before = _users(ctx, place, since - BEFORE, since)
        if not goes_on(before, _users(ctx, place, since, flow.ends)):
            return False
        fronts = _fronts(ctx, place[0])
        if any(front.ends < since + AT_LEAST for front in fronts.values()):
            return False
    return True


def _is_judged(ctx: Context) -> bool:
    return ctx.state.mode is Mode.RUNNING and not ctx.state.bears_quiet and ctx.plan.holds_out


def _is_first(ctx: Context, m: MemberState) -> bool:
    """Whether so many were never out before: no other member came back yet, or another one is out
    beside it."""
    others = [one for one in ctx.state.members.values() if one.name != m.name]
    if any(one.is_away for one in others):
        return True
    return not any(one.phase in BACK for one in others)


def _fallen(ctx: Context, m: MemberState, since: Instant) -> str | None:
    """What is seen where next to nothing comes any more."""
    for place, flow in ctx.state.flows.items():
        if flow.ends - since < PASSED_BY or not _is_steady(ctx, place, since):
            continue
        before = _users(ctx, place, since - BEFORE, since)
        lately = _users(ctx, place, max(since, flow.ends - GONE), flow.ends)
        just_now = _users(ctx, place, flow.ends - PASSED_BY, flow.ends)
        is_passed_by = is_near_zero(before, just_now) and _users_come(ctx, place, before, since)
        is_gone = flow.ends - since >= GONE and is_near_zero(before, lately)
        if is_passed_by or is_gone:
            now = just_now if is_passed_by else lately
            still = "; users still come to the load balancer" if is_passed_by else ""
            return (
                f"since {m.name} was taken out, {_rate(now)} reach {place[1]} at {place[0]}, and "
                f"{_rate(before)} did before{still}"
            )
    return None


def _users_come(ctx: Context, place: tuple[str, str], before: Stretch, since: Instant) -> bool:
    """Frontends are looked at less often than backends. So what reached the backend is compared
    anew, in the time that they were seen last: a pause of all users is no backend passed by."""
    fronts = _fronts(ctx, place[0])
    if not fronts:
        return False
    until = min(flow.ends for flow in fronts.values())
    begin = max(since, until - PASSED_BY)
    if until - begin < PASSED_BY / 2:
        return False
    return users_still_come(
        before,
        _users(ctx, place, begin, until),
        _sum(ctx, fronts, since - BEFORE, since),
        _sum(ctx, fronts, begin, until),
    )


def _failing(ctx: Context, m: MemberState, since: Instant) -> str | None:
    """What is seen where some of the users are turned away, with errors."""
    for instance in ctx.state.snapshots:
        fronts = _fronts(ctx, instance)
        flows = {place: flow for place, flow in ctx.state.flows.items() if place[0] == instance}
        if not fronts or not any(_is_steady(ctx, place, since) for place in flows):
            continue
        until = min(flow.ends for flow in fronts.values())
        found = fails_elsewhere(
            _sum(ctx, flows, since - BEFORE, since),
            _sum(ctx, fronts, since - BEFORE, since),
            _sum(ctx, flows, since, until),
            _sum(ctx, fronts, since, until),
        )
        if found is not None:
            before, now = found
            names = ", ".join(name for _, name in fronts)
            backends = ", ".join(name for _, name in flows)
            return (
                f"since {m.name} was taken out, {instance} fails {now.errors} of {now.total} "
                f"requests that do not reach {backends}, and {before.errors} of {before.total} "
                f"before (frontends: {names})"
            )
    return None


def _fronts(ctx: Context, instance: str) -> dict[tuple[str, str], Flow]:
    return {place: flow for place, flow in ctx.state.fronts.items() if place[0] == instance}


def _sum(
    ctx: Context, flows: dict[tuple[str, str], Flow], since: Instant, until: Instant
) -> Stretch:
    """Of several places of one load balancer together. What we sent through it went through one of
    them, nobody knows which."""
    whole = sum((flow.between(since, until) for flow in flows.values()), Stretch())
    instance = next(iter(flows))[0]
    return less(whole, ours_at(ctx.state, instance, since, until))


def _users(ctx: Context, place: tuple[str, str], since: Instant, until: Instant) -> Stretch:
    """What users sent at the least: requests of our own are no traffic."""
    there = ctx.state.flows[place].between(since, until)
    return less(there, ours_at(ctx.state, place[0], since, until))


def _is_steady(ctx: Context, place: tuple[str, str], since: Instant) -> bool:
    """Before a member was taken out, and without our own."""
    return is_steady(ctx.state.flows[place], since - BEFORE, since) and is_enough(
        _users(ctx, place, since - BEFORE, since)
    )


def _rate(stretch: Stretch) -> str:
    seconds = timedelta(seconds=stretch.seconds)
    return f"{stretch.total} requests in {span(seconds)}"

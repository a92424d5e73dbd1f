"""What a look at a load balancer changes: snapshot, counts, and since when a member is quiet."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import reduce
from typing import Final

from controller.core.events import Looked, LookFailed
from controller.core.gates.flow import KEEPS, WATCHED, Flow
from controller.core.gates.gate import CounterGate, tells_itself
from controller.core.gates.tally import Tally
from controller.core.phases import JUDGED, MAY_START, UPGRADED, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Admin, Counters, Health, InstanceView, Instant, Line, LineKey
from controller.core.pool.copies import replace
from controller.core.snapshot import Snapshot, looked, lost
from controller.core.state.parts import MemberState
from controller.core.state.probed import visited
from controller.core.state.racing import raced
from controller.core.state.state import State

POINT_EVERY: Final = timedelta(milliseconds=200)
POINTS_KEEP: Final = timedelta(seconds=15)
"""At least this much of the pool's past is kept, to say whether users are failing now."""

GOOD_FOR: Final = timedelta(seconds=2)
"""Each instance is looked at once a second at least; a look is good for so long."""

GAP: Final = timedelta(milliseconds=250)
"""Longest time that may pass unwatched in the traffic before a run, up to its first look."""

OUTAGES_KEPT: Final = 100
"""More outages than that within one deadline are no reason to wait for longer."""


def observe(plan: Plan, state: State, event: Looked | LookFailed) -> State:
    """The state after one answer, or none, of one instance."""
    if isinstance(event, LookFailed):
        snapshot = lost(state.snapshots[event.instance], event.at, event.why)
        since = state.unseen_since if state.unseen_since is not None else event.at
        snapshots = {**state.snapshots, event.instance: snapshot}
        return replace(state, snapshots=snapshots, unseen_since=since)
    view = event.view
    before = state.snapshots[view.instance]
    snapshot = looked(before, view)
    if before.at is None:
        state = _without_gap(state, view)
    state = replace(
        state,
        snapshots={**state.snapshots, view.instance: snapshot},
        known={view.instance: view.incarnation, **state.known},
        tallies=_tallied(state, view),
        pool=_pooled(state, view),
        measured=_measured(plan, state, view),
    )
    state = replace(_flowed(state, view), points=_points(plan, state, view.at))
    state = _seen_again(_unlooked(state, before.tried_at, view.at), view.at)
    changed = {
        m.name: new for m in state.in_progress if (new := _watched(plan, state, m, view)) is not m
    }
    changed |= _relapsed(state, before, view)
    changed |= _astray(state, view) if view.is_full else {}
    state = raced(plan, state, view)
    return replace(state, members={**state.members, **changed}) if changed else state


def flowed(state: State, views: Iterable[InstanceView]) -> State:
    """With the traffic that was watched before the run began, and nothing else of it."""
    return reduce(lambda so_far, view: _flowed(_without_gap(so_far, view), view), views, state)


def _flowed(state: State, view: InstanceView) -> State:
    return replace(
        state,
        flows=_flowing(state, state.flows, view, view.backends, view.rates),
        fronts=_flowing(state, state.fronts, view, view.frontends, {}),
    )


def _without_gap(state: State, view: InstanceView) -> State:
    """Traffic that was watched before the run began counts only as far as each look, and the first
    one of the run, follows the last one closely: whether it came evenly in between is not known.
    """

    def lasting(flows: Mapping[tuple[str, str], Flow]) -> Mapping[tuple[str, str], Flow]:
        return {
            place: flow
            for place, flow in flows.items()
            if place[0] != view.instance or view.at - flow.ends <= GAP
        }

    return replace(state, flows=lasting(state.flows), fronts=lasting(state.fronts))


def _seen_again(state: State, at: Instant) -> State:
    """Once every load balancer answers again, it is known how long one did not."""
    since = state.unseen_since
    if since is None or any(one.lost_since is not None for one in state.snapshots.values()):
        return state
    spans = (*state.unseen, (since, max(since, at)))[-OUTAGES_KEPT:]
    return replace(state, unseen=spans, unseen_since=None)


def _unlooked(state: State, tried_at: Instant | None, at: Instant) -> State:
    """A time in which it was not even asked: the process was stopped (Ctrl-Z), or the machine."""
    if tried_at is None or state.unseen_since is not None:
        return state
    since = max([tried_at + GOOD_FOR, *(end for _, end in state.unseen)])
    if since >= at:  # in time, or another instance has told already
        return state
    return replace(state, unseen=(*state.unseen, (since, at))[-OUTAGES_KEPT:])


def _relapsed(state: State, before: Snapshot, view: InstanceView) -> dict[str, MemberState]:
    """Members that we had out and put back, and that a new worker shows out the first time that
    it is seen: what we had set was kept somewhere, and restored by the reload. Those in progress
    are in every look, the others only when the whole pool is looked at."""
    is_new = before.incarnation is not None and not before.incarnation.is_same(view.incarnation)
    former = before.full_by if view.is_full else None
    is_new_whole = former is not None and not former.is_same(view.incarnation)
    if not is_new and not is_new_whole:
        return {}
    return {
        m.name: replace(m, placement=replace(m.placement, relapsed_at=view.instance))
        for m in state.members.values()
        if m.found_before is not None
        and (is_new if m.phase in JUDGED else is_new_whole)
        and (m.order.set_at is None or view.at >= m.order.set_at)
        and _is_restored(view.of(m.name))
    }


def _is_restored(lines: Collection[Line]) -> bool:
    """Whether they can be out because of what we had set once: not where the configuration says
    so, which is somebody's word."""
    is_out = any(line.admin is not Admin.READY for line in lines)
    return is_out and not any(line.is_configured_out for line in lines)


def _astray(state: State, view: InstanceView) -> dict[str, MemberState]:
    """Members that are done, and where another one shows now."""
    return {
        m.name: replace(m, placement=replace(m.placement, astray=True))
        for m in state.members.values()
        if m.phase in UPGRADED and not m.placement.astray and _has_another(m, view)
    }


def _has_another(m: MemberState, view: InstanceView) -> bool:
    known = {seat.key: seat.occupant.id for seat in m.placement.seats}
    return any(
        known.get(LineKey(view.instance, line.backend), line.occupant.id) != line.occupant.id
        for line in view.of(m.name)
        if line.occupant is not None
    )


def _tallied(state: State, view: InstanceView) -> dict[str, Tally]:
    tallies = dict(state.tallies)
    for line in view.lines:
        tally = tallies.get(line.member, Tally())
        place = (view.instance, line.backend)
        tallies[line.member] = tally.noted(place, view.incarnation, line.counters)
    return tallies


def _measured(plan: Plan, state: State, view: InstanceView) -> Mapping[tuple[str, str], Tally]:
    gates = (gate for gate in plan.policies.gates if isinstance(gate, CounterGate))
    measures = {gate.measure for gate in gates if gate.measure}
    tallies = dict(state.measured)
    for line in view.lines if measures else ():
        for one in measures:
            tally = tallies.get((line.member, one), Tally())
            place = (view.instance, line.backend)
            tallies[line.member, one] = tally.noted(place, view.incarnation, line.measures.get(one))
    return tallies


def _pooled(state: State, view: InstanceView) -> Tally:
    tally = state.pool
    for backend, counters in view.backends.items():
        tally = tally.noted((view.instance, backend), view.incarnation, counters)
    return tally


def _points(plan: Plan, state: State, at: Instant) -> tuple[tuple[Instant, Counters], ...]:
    points = state.points
    if points and at - points[-1][0] < POINT_EVERY:
        return points
    windows = (gate.window for gate in plan.policies.gates if isinstance(gate, CounterGate))
    keep = max([POINTS_KEEP, *windows])
    first = next((i for i, (then, _) in enumerate(points) if at - then <= keep), len(points))
    return (*points[max(0, first - 1) :], (at, state.pool.sum))


def _flowing(
    state: State,
    flows: Mapping[tuple[str, str], Flow],
    view: InstanceView,
    counted: Mapping[str, Counters | None],
    rates: Mapping[str, int],
) -> Mapping[tuple[str, str], Flow]:
    """With what this view shows. A new incarnation begins anew."""
    drained = (m.draining.drain_since for m in state.in_progress)
    lately = (one for one in drained if one is not None and view.at - one <= WATCHED)
    since = min(lately, default=view.at) - KEEPS
    changed = {}
    for name, counters in counted.items():
        if counters is None:
            continue
        place, rate = (view.instance, name), rates.get(name)
        flow = flows.get(place)
        if flow is None or not flow.incarnation.is_same(view.incarnation):
            changed[place] = Flow(view.incarnation, ((view.at, counters),), rate)
        else:
            changed[place] = flow.noted(view.at, counters, rate, since)
    return {**flows, **changed} if changed else flows


def _watched(plan: Plan, state: State, m: MemberState, view: InstanceView) -> MemberState:
    lines = view.of(m.name)
    if not lines or (m.order.set_at is not None and view.at < m.order.set_at):
        return m
    if m.phase in MAY_START:
        is_quiet = all(line.admin is Admin.OUT and line.may_be_quiet for line in lines)
        first = m.draining.quiet.get(view.instance, (view.at, view.at))[0]
        others = {i: span for i, span in m.draining.quiet.items() if i != view.instance}
        quiet = {**others, view.instance: (first, view.at)} if is_quiet else others
        came = _came_when_out(m.draining.came_when_out, view.instance, lines)
        use = m.draining.use if is_quiet else None
        return replace(m, draining=replace(m.draining, quiet=quiet, use=use, came_when_out=came))
    if m.phase is Phase.DRAINING:
        return _arrived(state, m)
    m = visited(plan, state, m)
    if m.phase in JUDGED and m.trial.ailing_since is None and _falls_ill(plan, lines):
        m = replace(m, trial=replace(m.trial, ailing_since=view.at))
    if m.phase is Phase.SOAKING and m.trial.warmed_at is None:
        if is_warming(state, m.name):
            return m
        return replace(m, trial=replace(m.trial, warmed_at=view.at))
    return m


def _falls_ill(plan: Plan, lines: Collection[Line]) -> bool:
    """It may be well again before a gate on the pool's own evidence has said what it was."""
    is_ill = any(line.health is Health.FAILING and not line.is_going for line in lines)
    return is_ill and any(map(tells_itself, plan.policies.gates))


def _came_when_out(
    known: Mapping[str, tuple[int, int]], instance: str, lines: Collection[Line]
) -> Mapping[str, tuple[int, int]]:
    """With what one more look shows; one that shows it in rotation, or counts nothing, ends it."""
    others = {one: span for one, span in known.items() if one != instance}
    counts = [line.arrivals for line in lines if line.admin is Admin.OUT]
    arrivals = sum(count for count in counts if count is not None)
    if len(counts) < len(lines) or None in counts:
        return others
    first = min(known.get(instance, (arrivals, arrivals))[0], arrivals)
    return {**others, instance: (first, arrivals)}


def is_warming(state: State, member: str) -> bool:
    """Whether some load balancer is still raising its share of traffic (`slowstart`)."""
    return any(seen.line.is_warming for _, seen in state.lines_of(member))


def _arrived(state: State, m: MemberState) -> MemberState:
    """Whether clients still come although it drains: persistence that no setting mentions."""
    seen = [one for _, one in state.lines_of(m.name)]
    if any(m.order.set_at is None or one.at < m.order.set_at for one in seen):
        return m
    counts = [one.line.arrivals for one in seen if one.line.arrivals is not None]
    if len(counts) < len(seen):
        return m  # not counted: nothing is known of it
    arrivals, draining = sum(counts), m.draining
    if draining.arrivals is None:
        return replace(m, draining=replace(draining, arrivals=arrivals))
    persistent = draining.persistent or arrivals > draining.arrivals
    return replace(m, draining=replace(draining, persistent=persistent))

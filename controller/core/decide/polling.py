"""Polling: how often each load balancer is looked at.

What is about to happen is awaited in steps of 20 ms, or of what a look is worth to the balancer
(`Plan.pace`). Only the members in progress are asked for; the whole pool once a second, and before
each take-out. Where a look is dear, each is at the whole pool.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.decide.same_machine import at_rest_since
from controller.core.gates.gate import TimingGate
from controller.core.gates.pace import AT_ONCE, CALM, judging_pace
from controller.core.phases import JUDGED, LEAVING, MAY_START, OVER, WATCHED_CLOSELY, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import Mode, State

SLOWER: Final = timedelta(milliseconds=100)
SLOWER_AFTER: Final = timedelta(seconds=5)
POOL: Final = timedelta(seconds=1)
BESIDE: Final = POOL / 2
"""Where a gate compares members: twice in each of its samples."""
NEVER: Final = timedelta.max


@dataclass(frozen=True, slots=True)
class Attention:
    """The next look at one instance."""

    members: tuple[str, ...] | None
    """Whose lines to ask for; None: the whole pool."""
    wait: timedelta
    """Until then, counted from now."""


def until_due(plan: Plan, state: State, now: Instant, most: timedelta) -> timedelta:
    """How soon time alone changes what is decided: the end of a soak or of the time for sticky
    clients, the next sample of a gate. At most `most`, which is soon enough for all else."""
    policies, moments = plan.policies, []
    for m in state.in_progress:
        if m.phase is Phase.DRAINING and m.order.set_at is not None:
            moments.append(m.order.set_at + policies.drain.sticky)
        if m.phase in JUDGED:
            if m.trial.warmed_at is not None:
                moments.append(m.trial.warmed_at + policies.soak)
            sampled = ((gate, state.gate(gate.name, m.name)) for gate in policies.gates)
            moments += (last.sampled_at + gate.every for gate, last in sampled if last is not None)
    return min([most, *(moment - now for moment in moments if moment > now)])


def attention(plan: Plan, state: State, instance: str, now: Instant) -> Attention:
    """What to look at next, and when."""
    snapshot = state.snapshots[instance]
    if snapshot.lost_since is not None or snapshot.at is None or snapshot.full_at is None:
        again = snapshot.tried_at + SLOWER if snapshot.tried_at is not None else now
        return Attention(None, max(again - now, timedelta(0)))
    members = state.in_progress
    pace = max(plan.pace, min((_pace(plan, m, now) for m in members), default=POOL))
    if any(_hangs_on_us(m, snapshot.at) for m in members):
        pace = AT_ONCE
    full_due = snapshot.full_at + _pool_pace(plan, state)
    if any(_hangs_on_the_pool(state, m, snapshot.full_at) for m in members) or (
        state.mode is Mode.STOPPING and _was_set_since(state, snapshot.full_at)
    ):
        full_due = now
    quiet_at = min((_quiet_at(plan, m, instance) for m in members), default=NEVER)
    next_look = min(snapshot.at + pace, max(quiet_at, snapshot.at + AT_ONCE))
    is_to_be_whole = any(_may_have_a_second_name(m, snapshot.full_at) for m in members)
    if plan.pace > AT_ONCE or is_to_be_whole:  # where looks are dear, all cost no more than some
        return Attention(None, max(min(full_due, next_look) - now, timedelta(0)))
    if full_due <= max(next_look, now):
        return Attention(None, max(full_due - now, timedelta(0)))
    return Attention(tuple(m.name for m in members), max(next_look - now, timedelta(0)))


def _pace(plan: Plan, m: MemberState, now: Instant) -> timedelta:
    if m.phase in WATCHED_CLOSELY:
        return AT_ONCE if now - m.since < SLOWER_AFTER else SLOWER
    return judging_pace(plan.policies.gates) if m.phase in JUDGED else CALM


def _hangs_on_us(m: MemberState, at: Instant) -> bool:
    """Whether it was set since it was looked at, or a step of it has ended: however dear a look is,
    what came of that comes first."""
    return any(then is not None and then > at for then in (m.progress.step_ended, m.order.set_at))


def _quiet_at(plan: Plan, m: MemberState, instance: str) -> Instant:
    """When one more look may show that it has been out for long enough."""
    span = m.draining.quiet.get(instance)
    if m.phase is not Phase.OUT or span is None or span[1] - span[0] >= plan.settle:
        return NEVER
    return span[0] + plan.settle


def _may_have_a_second_name(m: MemberState, full_at: Instant) -> bool:
    """Whether another member's line may lead to its machine, unseen: before a step may begin, there
    is a look at the whole pool."""
    return m.phase in MAY_START and at_rest_since(m) > full_at


def _hangs_on_the_pool(state: State, m: MemberState, full_at: Instant) -> bool:
    """Whether taking it out waits for a look at the whole pool that is newer than `full_at`."""
    if m.phase is Phase.DUE:
        return m.since > full_at
    if m.phase is Phase.RETURNING and state.is_winding_down and m.order.setting is None:
        return max(state.halted_at or ORIGIN, m.order.set_at or ORIGIN) > full_at
    is_to_go = m.phase in JUDGED and m.trial.condemned
    return is_to_go and state.halted_at is not None and state.halted_at > full_at


def _was_set_since(state: State, full_at: Instant) -> bool:
    """Whether how many serve has to be seen once more before a stop is over."""
    return any(
        m.order.setting is None and m.order.set_at is not None and m.order.set_at > full_at
        for m in state.members.values()
    )


def _pool_pace(plan: Plan, state: State) -> timedelta:
    """Soon, where a member may be taken out as soon as the pool was seen again, or may have to go
    back at once because a partner was lost, or is compared with the others after a halt."""
    if state.is_winding_down:
        is_judged = any(m.phase in JUDGED and not m.trial.condemned for m in state.in_progress)
        if is_judged and state.mode is Mode.HALTED:
            return SLOWER
        # All at rest: how users fare is what is left to see, and whether the floor holds.
        return POOL if state.in_progress else CALM
    phases = {m.phase for m in state.members.values()}
    is_timed = any(isinstance(gate, TimingGate) for gate in plan.policies.gates)
    if Phase.DUE in phases or (not state.in_progress and not phases <= OVER):
        return max(SLOWER, min(plan.pace, POOL))
    if is_timed and phases & JUDGED:
        return max(BESIDE, plan.pace)  # the member is compared with all others at each of these
    only_drains = any(m.phase in LEAVING and not m.progress.begun for m in state.in_progress)
    return CALM if only_drains else POOL

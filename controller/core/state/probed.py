"""Requests of our own to a member that is judged: that one is sent, and what it has met."""

from datetime import timedelta
from typing import Final

from controller.core.events import ProbeSeen
from controller.core.gates.flow import KEEPS, WATCHED
from controller.core.gates.gate import CounterGate
from controller.core.gates.quiet import Quiet
from controller.core.phases import JUDGED
from controller.core.plan.plan import Plan
from controller.core.pool import Counters, Instant
from controller.core.pool.copies import replace
from controller.core.state.counts import counted, ours_beside
from controller.core.state.ours import LATE
from controller.core.state.ours_at import counted_at
from controller.core.state.parts import MemberState
from controller.core.state.state import State

DOUBT: Final = 5
"""So many more may have been sent by a process before, which was killed."""


def probe_sent(plan: Plan, state: State, now: Instant) -> State:
    """It is counted by load balancers, or will be, whatever becomes of its member meanwhile."""
    windows = (gate.window for gate in plan.policies.gates if isinstance(gate, CounterGate))
    keep: timedelta = max([WATCHED + KEEPS, *windows]) + LATE
    return replace(state, ours=state.ours.sent(now, keep))


def probed(plan: Plan, state: State, event: ProbeSeen) -> State:
    """The state after one of them. It is of a member that is judged, and of no other; and not of
    one that was returned once more before the answer came."""
    if plan.policies.quiet is Quiet.THROUGH and not event.passed:
        state = replace(state, ours=replace(state.ours, failed=state.ours.failed + 1))
    m = state.members[event.member]
    if m.phase not in JUDGED or event.returned_at != m.trial.returned_at:
        return state
    own = m.trial.own + Counters(0 if event.passed else 1, 1)
    fault = m.trial.own_fault if event.passed else event.detail
    trial = replace(m.trial, own=own, own_fault=fault)
    return replace(state, members={**state.members, m.name: replace(m, trial=trial)})


def visited(plan: Plan, state: State, m: MemberState) -> MemberState:
    """After a look: whether users came to it, which stays true. One request of ours makes one good
    answer at the most, but more than one error, if it is tried again."""
    if plan.policies.quiet is not Quiet.THROUGH or m.phase not in JUDGED or m.trial.met_users:
        return m
    seen = counted(state, m.name)
    if seen.total - seen.errors <= ours_beside(state, m.name) + DOUBT:
        return replace(m, trial=replace(m.trial, seen_at=counted_at(state, m)))
    return replace(m, trial=replace(m.trial, met_users=True))

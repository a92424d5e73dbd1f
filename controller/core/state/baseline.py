"""Baselines: the counter values from which a member and its not yet upgraded peers are judged."""

from controller.core.gates.tally import Tally
from controller.core.phases import JUDGED
from controller.core.pool import Counters
from controller.core.pool.copies import replace
from controller.core.state.counts import marks
from controller.core.state.parts import MemberState
from controller.core.state.state import State


def marked(state: State, m: MemberState) -> MemberState:
    """Judged by what it serves from where it was put back, or else from now on."""
    if m.trial.mark is not None:
        return m
    tally = state.tallies.get(m.name, Tally())
    own = {measure: one.sum for (name, measure), one in state.measured.items() if name == m.name}
    trial = replace(m.trial, mark=tally.sum, marks=own, peers_mark=marks(state))
    trial = replace(trial, own=Counters(), own_fault="", met_users=False)
    trial = replace(trial, mark_at=tally.last, seen_at={})
    return replace(m, trial=replace(trial, ours_mark=state.ours.total))


def watched(state: State) -> State:
    """With everybody marked whom gates judge on after a halt, also where a process has taken over
    that had not marked them yet."""
    judged = {m.name: marked(state, m) for m in state.members.values() if m.phase in JUDGED}
    return replace(state, members={**state.members, **judged})

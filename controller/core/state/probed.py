"""What a request of our own to a member that is judged has met."""

from dataclasses import replace

from controller.core.events import ProbeSeen
from controller.core.phases import JUDGED
from controller.core.pool import Counters
from controller.core.state.state import State


def probed(state: State, event: ProbeSeen) -> State:
    """The state after one of them. It is of a member that is judged, and of no other."""
    m = state.members[event.member]
    if m.phase not in JUDGED:
        return state
    own = m.trial.own + Counters(0 if event.passed else 1, 1)
    fault = m.trial.own_fault if event.passed else event.detail
    trial = replace(m.trial, own=own, own_fault=fault)
    return replace(state, members={**state.members, m.name: replace(m, trial=trial)})

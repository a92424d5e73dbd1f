"""What is known of whether a member that is out is still in use (`drain.idle`)."""

from controller.core.events import UseSeen
from controller.core.phases import MAY_START
from controller.core.pool.copies import replace
from controller.core.state.state import State


def used(state: State, event: UseSeen) -> State:
    """The state after one answer. It is of a member that waits for its step, and of no other."""
    m = state.members[event.member]
    if m.phase not in MAY_START:
        return state
    draining = replace(m.draining, use=event)
    return replace(state, members={**state.members, m.name: replace(m, draining=draining)})

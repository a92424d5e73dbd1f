"""What an event changes in the pool's record of members that are out."""

from collections.abc import Sequence

from controller.core.pool import LineKey, PoolKey
from controller.core.state.state import State
from controller.records import Returned, Taken

Moved = tuple[Sequence[Taken], Sequence[Returned]]


def taken_and_returned(rollout: str, before: State, after: State) -> Moved:
    """Members that the event took out, with what was found of them, and those that are back as
    found."""
    taken: list[Taken] = []
    returned: list[Returned] = []
    for name, m in after.members.items():
        known = before.members.get(name)
        former = known.placement.found if known is not None else None
        found = m.placement.found
        if found is not None and former is None:
            taken += [Taken(key, name, rollout, found) for key in _keys(after, name)]
        elif found is None and former is not None:
            lines = [LineKey(at, seen.line.backend) for at, seen in after.lines_of(name)]
            returned.append(Returned(name, _keys(after, name), lines))
    return taken, returned


def _keys(state: State, member: str) -> list[PoolKey]:
    return sorted({seen.line.key for _, seen in state.lines_of(member)})

"""Request and error counts since a baseline: of a member, of its peers, of the pool."""

from datetime import timedelta
from typing import Final

from controller.core.gates.tally import Tally
from controller.core.phases import UNTOUCHED
from controller.core.pool import Counters, Instant
from controller.core.state.state import State
from controller.core.steps import Course

NOTHING: Final = Tally()
"""Where none is kept."""


def counted(state: State, member: str) -> Counters:
    """What a member has served since its return, in this run."""
    now, mark = state.tallies.get(member, NOTHING).sum, state.members[member].trial.mark
    return now.since(mark if mark is not None else now)


def ours_beside(state: State, member: str) -> int:
    """How many requests of our own may be among them: all that were sent since, to whomever, for
    one that is sent astray arrives somewhere, too."""
    return state.ours.total - state.members[member].trial.ours_mark


def measured(state: State, member: str, measure: str) -> Counters:
    """What else gates judge it by, since its return. Nothing before it was counted first."""
    now = state.measured.get((member, measure), NOTHING).sum
    return now.since(state.members[member].trial.marks.get(measure, Counters()))


def marks(state: State) -> dict[str, Counters]:
    """The counts so far of every member whose upgrade has not begun."""
    return {
        m.name: state.tallies.get(m.name, NOTHING).sum
        for m in state.members.values()
        if m.phase in UNTOUCHED and m.progress.course is Course.UPGRADE and not m.is_away
    }


def peers_counted(state: State, member: str) -> Counters:
    """What the members not yet upgraded have served since the return of `member`."""
    total = Counters()
    then = state.members[member].trial.peers_mark
    for name, now in marks(state).items():
        total += now.since(then.get(name, now))
    return total


def pool_counted(state: State, since: Instant) -> Counters:
    """What the pool has served since about `since`."""
    return state.pool.sum.since(_point(state, since)[1])


def pool_watched(state: State, window: timedelta, now: Instant) -> timedelta:
    """Over how much of `window`, which ends now, the pool was watched."""
    first = _point(state, now - window)[0]
    return timedelta(0) if first is None else min(window, now - first)


def _point(state: State, since: Instant) -> tuple[Instant | None, Counters]:
    """The last one of the pool's points from before `since`, else its first."""
    before = next((point for point in reversed(state.points) if point[0] <= since), None)
    if before is not None:
        return before
    return state.points[0] if state.points else (None, Counters())

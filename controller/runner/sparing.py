"""Samples that are not journalled: the state knows each, the journal what tells something new.

The last one of each gate is held, and written where its judgement ends: it says on what."""

from collections.abc import Iterator

from controller.core.events import Event, GateSampled
from controller.core.gates.series import Series
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.state import Mode, State

Held = tuple[Instant, GateSampled]


class Sparing:
    """For one run: what the samples of each gate and member have in the journal."""

    def __init__(self, plan: Plan) -> None:
        self._in_a_row = {gate.name: gate.failures for gate in plan.policies.gates}
        self._series: dict[tuple[str, str], Series] = {}
        self._held: dict[tuple[str, str], Held] = {}

    def holds(self, event: Event, now: Instant, before: State) -> bool:
        """Whether this event is left out of the journal, for now."""
        if not isinstance(event, GateSampled):
            return False
        key = (event.gate, event.member or "")
        former = self._series.get(key)
        if former is None or before.gate(*key) is None:  # its first, or the first of this return
            self._series[key] = Series.begun(event, now)
        elif former.wants(event, now, self._in_a_row.get(event.gate, 1)):
            self._series[key] = former.written(event, now)
        else:
            self._held[key] = (now, event)
            return True
        self._held.pop(key, None)
        return False

    def let_go(self, before: State, after: State) -> Iterator[Held]:
        """Those whose judgement ends with a change: they are written before it."""
        for key in list(self._held):
            if _is_over(key[1], before, after):
                yield self._held.pop(key)


def _is_over(member: str, before: State, after: State) -> bool:
    if after.mode is not before.mode or after.mode is Mode.FINISHED:
        return True
    if not member:
        return False
    now = after.members.get(member)
    return now is None or now.phase is not before.members[member].phase

"""Write-ahead: an event changes the state of a run once it is in the journal."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from controller.core.events import Event, LockLost, Looked, LookFailed, Observation
from controller.core.plan.plan import Plan
from controller.core.pool import Instant, LineKey, PoolKey
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.errors import Conflict, LeaseLost, StateError
from controller.journal.codec import encode
from controller.ports import Clock, Journal
from controller.records import Returned, Taken


class Narrator(Protocol):
    """Observes events as they happen: logs, notifications, metrics. Decides and raises nothing."""

    def tell(self, event: Event | Observation, before: State, after: State) -> None: ...


class Recorder:
    """Journals, applies and narrates events; one at a time, in the order of its calls."""

    def __init__(
        self,
        rollout: str,
        plan: Plan,
        state: State,
        journal: Journal,
        clock: Clock,
        narrators: Sequence[Narrator],
    ) -> None:
        self.state = state
        self._rollout = rollout
        self._plan = plan
        self._journal = journal
        self._clock = clock
        self._narrators = narrators

    async def record(self, event: Event | Observation) -> None:
        """Apply `event`, once it is in the journal; looks are not journalled. A
        cancellation waits until that is done, so that journal and state never differ.

        Raises StateError, LeaseLost.
        """
        now = self._clock.now()
        after = apply(self._plan, self.state, event, now)
        if isinstance(event, Looked | LookFailed):
            self._become(after, event)
            return
        writing = asyncio.create_task(self._write(event, after, now))
        cancelled = None
        while not writing.done():
            try:
                await asyncio.wait((writing,))
            except asyncio.CancelledError as error:
                cancelled = error
        writing.result()
        if cancelled is not None:
            raise cancelled

    async def record_loss(self, lost: LeaseLost) -> LeaseLost:
        """Record in the journal why this process ends, if it can still be written."""
        if isinstance(lost, Conflict):
            return lost
        try:
            await self.record(LockLost(lost.why))
        except Conflict:
            return lost  # another run writes there already
        except StateError as error:
            return LeaseLost(lost.rollout, f"{lost.why}, and it could not be journalled ({error})")
        return lost

    async def _write(self, event: Event, after: State, now: Instant) -> None:
        taken, returned = _taken_and_returned(self._rollout, self.state, after)
        kind, body = encode(event)
        await self._journal.append(self._rollout, now, kind, body, taken=taken, returned=returned)
        self._become(after, event)

    def _become(self, after: State, event: Event | Observation) -> None:
        before, self.state = self.state, after
        for narrator in self._narrators:
            narrator.tell(event, before, after)


def _taken_and_returned(
    rollout: str, before: State, after: State
) -> tuple[list[Taken], list[Returned]]:
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

"""Write-ahead: an event changes the state of a run once it is in the journal.

A journal that does not answer must not stop the judging of gates: after `LATE` events change the
state ahead of the journal, still written in their order. What must be on disk before it is done
waits; the core says what that is.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, Protocol

from controller.core.events import (
    Event,
    JournalSeen,
    LockLost,
    Looked,
    LookFailed,
    Observation,
    UseSeen,
)
from controller.core.gates.figures import span
from controller.core.plan.plan import Plan
from controller.core.pool import Instant, LineKey, PoolKey
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.errors import Conflict, LeaseLost, StateError
from controller.journal.codec import encode
from controller.journal.masked import masked_event
from controller.ports import Clock, Journal
from controller.records import Returned, Taken
from controller.secrets import NONE, Secrets

LATE: Final = timedelta(seconds=1)
"""A record that takes longer is waited for by steps alone."""
SILENT: Final = timedelta(seconds=4)
"""After so much more, people are told: a busy machine is late now and then."""
LAST: Final = timedelta(seconds=5)
"""How long the last records of a run are waited for."""

Written = asyncio.Task[str]
"""A record under way to the disk; its result is the trouble of the journal, if any."""


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
        secrets: Secrets = NONE,
    ) -> None:
        """`secrets`: masked in the text of every event, before anybody is told of it."""
        self.state = state
        self.is_unwritten = False
        """Nothing more is written: the journal has failed. `give_up` also tells so."""
        self._rollout = rollout
        self._plan = plan
        self._journal = journal
        self._clock = clock
        self._narrators = narrators
        self._secrets = secrets
        self._last: Written | None = None
        self._went_late = asyncio.Event()

    async def record(self, event: Event | Observation) -> bool:
        """Apply `event`, once it is in the journal; looks are not journalled. A
        cancellation waits until that is done, so that journal and state never differ.

        Whether it is in the journal: not while that is late, nor once it was given up. Raises
        StateError, and LeaseLost: then it was neither journalled nor applied.
        """
        now, event = self._clock.now(), masked_event(event, self._secrets)
        after = apply(self._plan, self.state, event, now)
        if isinstance(event, Looked | LookFailed | UseSeen | JournalSeen) or self.is_unwritten:
            self._become(after, event)
            return False
        moved = _taken_and_returned(self._rollout, self.state, after)
        writing = asyncio.create_task(self._write(self._last, event, moved, now))
        writing.add_done_callback(_retrieved)
        self._last = writing
        cancelled = await self._wait_for(writing)
        if not writing.done():
            self._become(after, event)
            if not self.state.journal.is_late:
                self._went_late.set()
                self._see(JournalSeen(is_late=True))
        else:
            trouble = writing.result()
            self._become(after, event)
            if trouble and not self.state.journal.fault:
                self._see(JournalSeen(fault=trouble))
        if cancelled is not None:
            raise cancelled
        return writing.done()

    async def _wait_for(self, writing: Written) -> asyncio.CancelledError | None:
        """Until it is written, or late."""
        loop, cancelled = asyncio.get_running_loop(), None
        patience = timedelta(0) if self.state.journal.is_late else LATE
        until = loop.time() + patience.total_seconds()
        while not writing.done():
            try:
                await asyncio.wait((writing,), timeout=max(0.0, until - loop.time()))
            except asyncio.CancelledError as error:
                cancelled = error
            if loop.time() >= until:
                break
        return cancelled

    async def caught_up(self) -> JournalSeen:
        """Wait until the journal is late, then until it has taken all, or is silent; what to apply
        then.

        Raises LeaseLost.
        """
        await self._went_late.wait()
        silent = None if self.state.journal.is_silent else SILENT.total_seconds()
        while (last := self._last) is not None:
            await asyncio.wait((last,), timeout=silent)
            if not last.done():
                return JournalSeen(is_late=True, is_silent=True)
            try:
                trouble = last.result()
            except StateError as error:
                self._went_late.clear()
                self.is_unwritten = True
                return JournalSeen(fault=str(error), is_unwritten=True)
            if last is self._last:
                self._went_late.clear()
                return JournalSeen(fault=trouble)
        raise AssertionError("a journal without a record is not late")

    def give_up(self, error: StateError) -> None:
        """Nothing more is written; what happens from here on is only told."""
        self.is_unwritten = True
        self._see(JournalSeen(fault=str(error), is_unwritten=True))

    async def settle(self) -> None:
        """Wait for the last records, but not for ever."""
        if self._last is None or self.is_unwritten:
            return
        await asyncio.wait((self._last,), timeout=LAST.total_seconds())
        if not self._last.done():
            self.give_up(StateError(f"its last records were not taken within {span(LAST)}"))
        else:
            with suppress(LeaseLost):
                try:
                    self._last.result()
                except StateError as error:
                    self.give_up(error)

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

    async def _write(
        self,
        former: Written | None,
        event: Event,
        moved: tuple[Sequence[Taken], Sequence[Returned]],
        now: Instant,
    ) -> str:
        """Nothing is written after what could not be: the journal has no gaps."""
        if former is not None:
            await asyncio.wait((former,))
            former.result()
        (kind, body), (taken, returned) = encode(event), moved
        record = await self._journal.append(
            self._rollout, now, kind, body, taken=taken, returned=returned
        )
        return record.trouble

    def _see(self, seen: JournalSeen) -> None:
        seen = masked_event(seen, self._secrets)
        self._become(apply(self._plan, self.state, seen, self._clock.now()), seen)

    def _become(self, after: State, event: Event | Observation) -> None:
        before, self.state = self.state, after
        for narrator in self._narrators:
            narrator.tell(event, before, after)


def _retrieved(writing: Written) -> None:
    """Its error is that of the chain, and is raised by whoever waits for that."""
    if not writing.cancelled():
        writing.exception()


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

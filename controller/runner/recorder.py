"""Write-ahead: an event changes the state of a run once it is in the journal.

A journal that does not take records, or does not answer, must not stop the judging of gates: soon
(`Backlog`), or at once where it says that it cannot, events change the state ahead of the journal.
They are tried again, still in their order, to the end of the run. What must be on disk before it is
done waits; the core says what that is, and the rollout halts after `PATIENCE`.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from controller.core.events import (
    Event,
    Finished,
    JournalSeen,
    JournalStalled,
    LockLost,
    Observation,
)
from controller.core.gates.figures import span
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.apply import apply
from controller.core.state.parts import ORIGIN
from controller.core.state.state import State
from controller.errors import Conflict, LeaseLost, StateError, StateGone
from controller.journal.masked import masked_event
from controller.ports import Clock, Journal
from controller.runner.backlog import Backlog
from controller.runner.keeper import Keeper
from controller.runner.moved_out import taken_and_returned
from controller.runner.patience import is_wanted
from controller.runner.sparing import Sparing
from controller.runner.written import Entry, Written, retrieved, trouble_of
from controller.secrets import NONE, Secrets

LATE: Final = timedelta(seconds=1)
"""A step that must be on disk first is not begun where its record takes longer."""
SILENT: Final = timedelta(seconds=5)
"""After so much more, people are told: a busy machine is late now and then."""
PATIENCE: Final = timedelta(seconds=60)
"""After so long without a record the rollout halts: a backup that locks the journal is over by
then, and a disk that is full stays so until somebody comes."""
AGAIN: Final = timedelta(milliseconds=500)
"""Between two tries of a record."""
LAST: Final = timedelta(seconds=5)
"""How long the last records of a run are waited for."""


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
        broke: Callable[[BaseException, str], None],
        secrets: Secrets = NONE,
        keeper: Keeper | None = None,
    ) -> None:
        """`broke`: hears of errors that no port declares. `secrets`: masked in the text of every
        event, before anybody is told of it."""
        self.state = state
        self.is_unwritten = False
        """Nothing more is written: the journal has failed. `give_up` also tells so."""
        self._rollout = rollout
        self._plan = plan
        self._journal = journal
        self._clock = clock
        self._narrators = narrators
        self._broke = broke
        self._secrets = secrets
        self._last: Written | None = None
        self._is_gone = False
        self._why = ""
        """What the journal said to the last try, unless it took the record."""
        self._stumbled = asyncio.Event()
        """It has said so."""
        self._went_late = asyncio.Event()
        self._late_since = 0.0
        self._backlog = Backlog(0.0)
        self._sparing = Sparing(plan)
        self._keeper = keeper

    async def record(self, event: Event | Observation, *, waits: bool = False) -> bool:
        """Apply `event`, once it is in the journal; looks and some samples are not journalled. A
        cancellation waits until that is done, so that journal and state never differ.

        Whether it is in the journal: not while that is late, nor once it was given up. One that
        `waits` is not even applied where the journal says that it cannot be written. Raises
        LeaseLost: then it was neither journalled nor applied.
        """
        now, event = self._clock.now(), masked_event(event, self._secrets)
        after = apply(self._plan, self.state, event, now)
        if isinstance(event, Observation) or self._is_left_out(event, now):
            self._become(after, event)
            return False
        for at, held in self._sparing.let_go(self.state, after):
            self._begin(Entry.of(held, at))
        moved = taken_and_returned(self._rollout, self.state, after)
        entry = Entry.of(event, now, moved)
        writing = self._begin(entry)
        cancelled = await self._wait_for(writing, waits=waits)
        if not writing.done() and waits and self._stumbled.is_set() and not entry.is_being_tried:
            entry.become(masked_event(JournalStalled(self._why), self._secrets))
            self._be_late()
        elif not writing.done():
            self._become(after, event)
            self._be_late()
        else:
            trouble = trouble_of(writing)
            if isinstance(event, Finished) and self._keeper is not None:
                after = replace(after, head=self._keeper.head)
            self._become(after, event)
            if trouble and not self.state.journal.fault:
                self.see(JournalSeen(fault=trouble))
        if cancelled is not None:
            raise cancelled
        return writing.done() and not self.is_unwritten

    def _is_left_out(self, event: Event, now: Instant) -> bool:
        return self.is_unwritten or self._sparing.holds(event, now, self.state)

    def _begin(self, entry: Entry) -> Written:
        writing = asyncio.create_task(self._write(self._last, entry))
        writing.add_done_callback(retrieved)
        self._last = writing
        self._backlog.begun()
        return writing

    def _be_late(self) -> None:
        if not self.state.journal.is_late:
            self._late_since = asyncio.get_running_loop().time()
            self._went_late.set()
            self.see(JournalSeen(is_late=True, why=self._why))

    async def _wait_for(self, writing: Written, *, waits: bool) -> asyncio.CancelledError | None:
        """Until it is written, or late, or the journal says that it cannot be."""
        loop, cancelled, late = asyncio.get_running_loop(), None, LATE.total_seconds()
        is_late = self.state.journal.is_late
        patience = self._backlog.patience(loop.time(), late, is_late=is_late)
        until = loop.time() + (late if waits and not is_late else patience)
        stumbled = asyncio.create_task(self._stumbled.wait())
        try:
            while not writing.done():
                left = max(0.0, until - loop.time())
                try:
                    await asyncio.wait(
                        (writing, stumbled), timeout=left, return_when=asyncio.FIRST_COMPLETED
                    )
                except asyncio.CancelledError as error:
                    cancelled = error
                if loop.time() >= until or stumbled.done():
                    break
        finally:
            stumbled.cancel()
        return cancelled

    async def caught_up(self) -> JournalSeen:
        """Wait until the journal is late, then until it has taken all, or people are to be told, or
        the rollout is to halt; what to apply then.

        Raises LeaseLost.
        """
        await self._went_late.wait()
        while (last := self._last) is not None:
            await asyncio.wait((last,), timeout=self._told_in())
            if not last.done():
                fault = ""
                if self.state.journal.is_silent:
                    fault = self._why or f"it has not answered for {span(PATIENCE)}"
                return JournalSeen(is_late=True, is_silent=True, fault=fault, why=self._why)
            trouble = trouble_of(last)
            if last is self._last:
                self._went_late.clear()
                return JournalSeen(fault=trouble)
        raise AssertionError("a journal without a record is not late")

    def _told_in(self) -> float | None:
        """Seconds until something is to be said of a journal that is late."""
        seen = self.state.journal
        if seen.is_silent and seen.fault:
            return None
        due = self._late_since + (PATIENCE if seen.is_silent else SILENT).total_seconds()
        return max(0.0, due - asyncio.get_running_loop().time())

    def give_up(self, error: StateError) -> None:
        """Nothing more is written; what happens from here on is only told."""
        self.is_unwritten = True
        is_gone = self._is_gone or isinstance(error, StateGone)
        self.see(JournalSeen(fault=str(error), is_unwritten=True, is_gone=is_gone))

    async def settle(self) -> None:
        """Wait for the last records, but not for ever."""
        if self._last is None or self.is_unwritten:
            return
        await asyncio.wait((self._last,), timeout=LAST.total_seconds())
        if not self._last.done():
            why = self._why or f"its last records were not taken within {span(LAST)}"
            self.give_up(StateError(why))
        else:
            with suppress(LeaseLost):
                try:
                    trouble = self._last.result()
                except StateError as error:
                    self.give_up(error)
                else:
                    if self.state.journal.is_late:  # nobody else says that this is over
                        self.see(JournalSeen(fault=trouble))

    async def record_loss(self, lost: LeaseLost) -> LeaseLost:
        """Record in the journal why this process ends, if it can still be written."""
        if isinstance(lost, Conflict):
            return lost
        try:
            await self.record(LockLost(lost.why))
            await self.settle()
        except Conflict:
            return lost  # another run writes there already
        if self.is_unwritten:
            why = f"{lost.why}, and it could not be journalled ({self.state.journal.fault})"
            return LeaseLost(lost.rollout, why)
        return lost

    async def _write(self, former: Written | None, entry: Entry) -> str:
        """Nothing is written before, or instead of, what could not be: the journal has no gaps."""
        if former is not None:
            await asyncio.wait((former,))
            former.result()
        while True:
            (kind, body), (taken, returned) = entry.record, entry.moved
            try:
                entry.is_being_tried = True
                written = await self._journal.append(
                    self._rollout, entry.at, kind, body, taken=taken, returned=returned
                )
            except LeaseLost:
                raise
            except StateError as error:
                self._stumble(str(error))
                self._is_gone = isinstance(error, StateGone)
            except (Exception, asyncio.CancelledError) as error:
                if is_wanted():
                    raise
                self._broke(error, "in the journal")  # and it is tried again all the same
                self._stumble(str(error) or type(error).__name__)
            else:
                self._why, self._is_gone = "", False
                self._stumbled.clear()
                self._backlog.written(asyncio.get_running_loop().time())
                if self._keeper is not None:
                    await self._keeper.written(written, entry.event)
                return written.trouble
            entry.is_being_tried = False
            if self.is_unwritten:
                raise StateError(self._why)
            await self._clock.sleep(AGAIN)

    def _stumble(self, why: str) -> None:
        self._why = why
        self._stumbled.set()

    def see(self, seen: Observation) -> State:
        """Apply at once what is not journalled, and the same at any time; the state after it."""
        seen = masked_event(seen, self._secrets)
        self.force(apply(self._plan, self.state, seen, ORIGIN), seen)
        return self.state

    def force(self, after: State, event: Event | Observation) -> None:
        """Go on from `after`, which is in no journal."""
        self._become(after, event)

    def _become(self, after: State, event: Event | Observation) -> None:
        before, self.state = self.state, after
        for narrator in self._narrators:
            try:
                narrator.tell(event, before, after)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - it stops nothing
                self._broke(error, f"while {type(event).__name__} was told")

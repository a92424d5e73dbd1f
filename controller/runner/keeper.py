"""Keeps a summary and snapshots of a rollout while it runs, of what is in the journal.

Nothing hangs on either: where one cannot be kept, whoever wants to know reads the records."""

import asyncio
from typing import Final

from controller.core.events import Event, Finished
from controller.core.plan.plan import Plan
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.errors import LeaseLost, StateError
from controller.journal.digest import Digest, folded, summary_of
from controller.journal.snapshots import StateText
from controller.ports import Journal
from controller.records import Record, Snapshot

EACH: Final = 200
"""Records between two snapshots, at least: replaying as many takes a few hundredths of a second."""
WITHIN: Final = 1.0
"""Seconds: the next record waits for it, and must not on a disk that hangs."""


class Keeper:
    """Of one run. `state`: as the journal has it so far, without what was only seen."""

    def __init__(self, journal: Journal, plan: Plan, state: State, digest: Digest) -> None:
        self._journal = journal
        self._plan = plan
        self._state: State | None = state
        self._digest = digest
        self._text = StateText()
        self._records = self._bytes = 0
        self._size = 0
        """Of the last snapshot."""

    @property
    def head(self) -> str:
        """The hash of the last record."""
        return self._digest.hash

    async def written(self, record: Record, event: Event) -> None:
        """Once it is. Raises nothing but what is a bug."""
        self._digest = folded(self._digest, record)
        self._records += 1
        self._bytes += len(record.body)
        if self._state is not None:
            try:
                self._state = apply(self._plan, self._state, event, record.at)
            except Exception:  # noqa: BLE001 - the journal lacks what the run went on from
                self._state = None
        is_over = isinstance(event, Finished)
        # The snapshots of a rollout take no more than its records do.
        is_due = self._records >= EACH and self._bytes >= self._size
        if is_due or is_over:
            await self._keep(record, with_state=is_due)

    async def _keep(self, record: Record, *, with_state: bool) -> None:
        snapshot = self._snapshot(record) if with_state else None
        try:
            async with asyncio.timeout(WITHIN):
                await self._journal.keep(summary_of(record.rollout, self._digest), snapshot)
        except (StateError, LeaseLost, TimeoutError):
            return  # the next record says so, if it matters
        if with_state:
            self._records = self._bytes = 0

    def _snapshot(self, record: Record) -> Snapshot | None:
        text = self._text.encoded(self._plan, self._state) if self._state is not None else None
        if text is None:
            return None
        self._size = len(text)
        return Snapshot(record.rollout, record.seq, record.hash, text)

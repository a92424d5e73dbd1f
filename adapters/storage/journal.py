"""The journal in SQLite, for an event loop."""

from collections.abc import Collection, Sequence

from adapters.storage.worker import Worker
from controller.core.pool import Instant, PoolKey
from controller.records import Record, Returned, RolloutRow, Taken


class SqliteJournal:
    """Implements `controller.ports.Journal`."""

    def __init__(self, worker: Worker) -> None:
        self._run, self._tables = worker.run, worker.tables

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        return await self._run(self._tables.begin, row, at, kind, body)

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        return await self._run(self._tables.append, rollout, at, kind, body, taken, returned)

    async def records(
        self, rollout: str, after: int = 0, most: int | None = None
    ) -> Sequence[Record]:
        return await self._run(self._tables.records, rollout, after, most)

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        await self._run(self._tables.end, rollout, outcome, exit_code)

    async def latest(self, name: str) -> RolloutRow | None:
        return await self._run(self._tables.latest, name)

    async def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        return await self._run(self._tables.rollouts, name)

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        return await self._run(self._tables.taken, keys)

    async def taken_by(self, rollout: str) -> Sequence[Taken]:
        return await self._run(self._tables.taken_by, rollout)

    async def key(self) -> bytes:
        return await self._run(self._tables.key)

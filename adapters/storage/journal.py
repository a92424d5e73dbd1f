"""The journal in SQLite, for an event loop."""

from collections.abc import Collection, Mapping, Sequence

from adapters.storage.worker import Worker
from controller.core.pool import Instant, PoolKey
from controller.records import Record, Returned, RolloutRow, Snapshot, Summary, Taken


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

    async def rollout(self, rollout: str) -> RolloutRow | None:
        return await self._run(self._tables.rollout, rollout)

    async def rollouts(
        self, name: str | None = None, most: int | None = None
    ) -> Sequence[RolloutRow]:
        return await self._run(self._tables.rollouts, name, most)

    async def newest(self) -> Sequence[RolloutRow]:
        return await self._run(self._tables.newest)

    async def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        await self._run(self._tables.keep, summary, snapshot)

    async def summary(self, rollout: str) -> Summary | None:
        return await self._run(self._tables.summary, rollout)

    async def snapshot(self, rollout: str) -> Snapshot | None:
        return await self._run(self._tables.snapshot, rollout)

    async def prune(self, rollout: str, by: str) -> None:
        await self._run(self._tables.prune, rollout, by)

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        return await self._run(self._tables.taken, keys)

    async def note(self, name: str, key: str, text: str | None) -> None:
        await self._run(self._tables.note, name, key, text)

    async def notes(self, name: str) -> Mapping[str, str]:
        return await self._run(self._tables.notes, name)

    async def taken_by(self, rollout: str) -> Sequence[Taken]:
        return await self._run(self._tables.taken_by, rollout)

    async def key(self) -> bytes:
        return await self._run(self._tables.key)

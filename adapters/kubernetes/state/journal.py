"""The journal in ConfigMaps."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar

from adapters import journal_text
from adapters.kubernetes.state.ledger import Draft, Ledger
from adapters.kubernetes.state.notes import keep_note, read_notes
from adapters.kubernetes.state.reading import Reader, told
from adapters.kubernetes.state.tenure import WITHIN
from adapters.kubernetes.state.turns import Turns
from adapters.kubernetes.state.writing import Writer
from controller.core.pool import Instant, PoolKey
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, Returned, RolloutRow, Snapshot, Summary, Taken

T = TypeVar("T")


class ClusterJournal:
    """Implements `controller.ports.Journal`."""

    def __init__(
        self, reader: Reader, writer: Writer, clock: Clock, me: str, *, retain: int, create: bool
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._me = me
        self._retain = retain
        self._create = create
        self._ledgers: dict[str, Ledger] = {}
        self._turns = Turns(reader.namespace, self._append)

    # --- writes, in the order of their calls ---------------------------------------------------

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        journal_text.checked(body, f"the record {kind}")
        if not self._create:
            raise StateError("journal: it was opened to read, so no rollout begins")
        ledger = self._ledger(row.name)
        return await self._turns.call(lambda: ledger.begin(row, Draft(at, kind, body)))

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
        journal_text.checked(body, f"the record {kind}")
        draft = Draft(at, kind, body, tuple(taken), tuple(returned))
        return await self._turns.record(rollout, draft)

    async def _append(self, rollout: str, drafts: Sequence[Draft], written: list[Record]) -> None:
        await (await self._ledger_of(rollout)).append(rollout, drafts, written)

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        async def end() -> None:
            await (await self._ledger_of(rollout)).end(rollout, outcome, exit_code)

        await self._turns.call(end)

    async def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        async def keep() -> None:
            await (await self._ledger_of(summary.rollout)).keep(summary, snapshot)

        await self._turns.call(keep)

    async def note(self, name: str, key: str, text: str | None) -> None:
        await self._turns.call(lambda: keep_note(self._writer, name, key, text))

    async def prune(self, rollout: str, by: str) -> None:
        async def prune() -> None:
            await (await self._ledger_of(rollout)).prune(rollout, by)

        await self._turns.call(prune)

    def _ledger(self, name: str) -> Ledger:
        if name not in self._ledgers:
            self._ledgers[name] = Ledger(
                name, self._me, self._reader, self._writer, self._clock.wall, self._retain
            )
        return self._ledgers[name]

    async def _ledger_of(self, rollout: str) -> Ledger:
        for ledger in self._ledgers.values():
            if ledger.has(rollout):
                return ledger
        head = await self._writer.patiently(lambda: self._reader.head_of(rollout), WITHIN)
        if head is None:
            raise StateError(f"journal: there is no rollout {rollout}")
        return self._ledger(head.name)

    async def aclose(self) -> None:
        """Waits for writes, but not for ever. May be called again."""
        await self._turns.aclose()

    # --- reads ---------------------------------------------------------------------------------

    async def records(
        self, rollout: str, after: int = 0, most: int | None = None
    ) -> Sequence[Record]:
        return await self._read(lambda: self._reader.records(rollout, after, most))

    async def latest(self, name: str) -> RolloutRow | None:
        async def latest() -> RolloutRow | None:
            head = await self._reader.head(name)
            begun = [one for one in head.entries if one.is_begun] if head is not None else []
            return await self._reader.row(name, begun[-1]) if begun else None

        return await self._read(latest)

    async def rollout(self, rollout: str) -> RolloutRow | None:
        async def found() -> RolloutRow | None:
            head = await self._reader.head_of(rollout)
            entry = head.entry(rollout) if head is not None else None
            return await self._reader.row(head.name, entry) if head and entry else None

        return await self._read(found)

    async def rollouts(
        self, name: str | None = None, most: int | None = None
    ) -> Sequence[RolloutRow]:
        async def rollouts() -> Sequence[RolloutRow]:
            if name is None:
                return await self._reader.rows(await self._reader.heads(), most)
            head = await self._reader.head(name)
            return await self._reader.rows([head] if head is not None else [], most)

        return await self._read(rollouts)

    async def newest(self) -> Sequence[RolloutRow]:
        async def newest() -> Sequence[RolloutRow]:
            heads = await self._reader.heads()
            return await self._reader.rows([head.retained(1) for head in heads])

        return await self._read(newest)

    async def summary(self, rollout: str) -> Summary | None:
        return await self._read(lambda: self._reader.summary(rollout))

    async def snapshot(self, rollout: str) -> Snapshot | None:
        return await self._read(lambda: self._reader.snapshot(rollout))

    async def notes(self, name: str) -> Mapping[str, str]:
        return await self._read(lambda: read_notes(self._reader, name))

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        taken = await self._read(self._reader.taken)
        return [one for one in taken if keys is None or one.key in keys]

    async def key(self) -> bytes:
        """Whoever may read the ConfigMaps could read it, too."""
        return b""

    async def taken_by(self, rollout: str) -> Sequence[Taken]:
        taken = await self._read(self._reader.taken)
        return [one for one in taken if one.rollout == rollout]

    async def _read(self, call: Callable[[], Awaitable[T]]) -> T:
        if self._turns.is_closed:
            raise StateError("the journal is closed")
        with told(self._reader.namespace):
            return await call()

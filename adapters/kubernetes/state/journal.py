"""The journal in ConfigMaps."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from adapters.kubernetes.state import codec
from adapters.kubernetes.state.ledger import Draft, Ledger
from adapters.kubernetes.state.reading import Reader, told
from adapters.kubernetes.state.tenure import WITHIN
from adapters.kubernetes.state.writing import Writer
from controller.core.pool import Instant, PoolKey
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, Returned, RolloutRow, Taken

T = TypeVar("T")

MOST: Final = 100
"""Records of one write."""
PATIENCE: Final = 10.0
"""Seconds at most for the end: an API that is away keeps no process from ending."""


@dataclass(slots=True)
class _Write:
    """What is to be written, in its turn."""

    done: asyncio.Future[Any]
    rollout: str = ""
    draft: Draft | None = None
    """A record; None: `call` does it."""
    call: Callable[[], Awaitable[Any]] | None = field(default=None)


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
        self._queue: deque[_Write] = deque()
        self._under_way: list[_Write] = []
        self._working: asyncio.Task[None] | None = None
        self._is_closed = False

    # --- writes, in the order of their calls ---------------------------------------------------

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        codec.checked(body, f"the record {kind}")
        if not self._create:
            raise StateError("journal: it was opened to read, so no rollout begins")
        ledger = self._ledger(row.name)
        return await self._in_turn(lambda: ledger.begin(row, Draft(at, kind, body)))

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
        codec.checked(body, f"the record {kind}")
        draft = Draft(at, kind, body, tuple(taken), tuple(returned))
        record: Record = await self._put(_Write(self._future(), rollout, draft))
        return record

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        async def end() -> None:
            await (await self._ledger_of(rollout)).end(rollout, outcome, exit_code)

        await self._in_turn(end)

    async def _in_turn(self, call: Callable[[], Awaitable[T]]) -> T:
        done: T = await self._put(_Write(self._future(), call=call))
        return done

    def _future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    async def _put(self, write: _Write) -> Any:
        """Its result. When cancelled, it is written whole or not at all, and in its turn."""
        if self._is_closed:
            raise StateError("the journal is closed")
        self._queue.append(write)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        write.done.add_done_callback(_retrieved)
        return await asyncio.shield(write.done)

    async def _work(self) -> None:
        while self._queue:
            write = self._queue.popleft()
            self._under_way = [write]
            if write.draft is not None:
                self._under_way += self._more(write.rollout)
                await self._append(self._under_way)
            elif write.call is not None:
                result: list[Any] = []
                error = await self._tried(self._call(write.call, result))
                _tell(write.done, result, error)

    async def _call(self, call: Callable[[], Awaitable[Any]], result: list[Any]) -> None:
        result.append(await call())

    async def _tried(self, call: Coroutine[Any, Any, None]) -> BaseException | None:
        """What came of it, also of a bug: whoever asked is told, and the next ones have their
        turn."""

        async def with_words() -> None:
            with told(self._reader.namespace):
                await call

        task = asyncio.create_task(with_words())
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()
        return task.exception()

    def _more(self, rollout: str) -> list[_Write]:
        """What can be written along with a record: several of one decision wait at once."""
        more: list[_Write] = []
        while (
            self._queue
            and len(more) < MOST - 1
            and self._queue[0].draft is not None
            and self._queue[0].rollout == rollout
        ):
            more.append(self._queue.popleft())
        return more

    async def _append(self, writes: Sequence[_Write]) -> None:
        written: list[Record] = []
        drafts = [write.draft for write in writes if write.draft is not None]
        rollout = writes[0].rollout

        async def append() -> None:
            await (await self._ledger_of(rollout)).append(rollout, drafts, written)

        error = await self._tried(append())
        for number, write in enumerate(writes):
            _tell(write.done, written[number : number + 1], error)

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
        self._is_closed = True
        if (working := self._working) is None:
            return
        await asyncio.wait((working,), timeout=PATIENCE)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        for write in (*self._under_way, *self._queue):
            if not write.done.done():
                write.done.set_exception(StateError("the journal is closed"))
        self._queue.clear()

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

    async def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        async def rollouts() -> Sequence[RolloutRow]:
            if name is None:
                return await self._reader.rows(await self._reader.heads())
            head = await self._reader.head(name)
            return await self._reader.rows([head] if head is not None else [])

        return await self._read(rollouts)

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        taken = await self._read(self._reader.taken)
        return [one for one in taken if keys is None or one.key in keys]

    async def taken_by(self, rollout: str) -> Sequence[Taken]:
        taken = await self._read(self._reader.taken)
        return [one for one in taken if one.rollout == rollout]

    async def _read(self, call: Callable[[], Awaitable[T]]) -> T:
        if self._is_closed:
            raise StateError("the journal is closed")
        with told(self._reader.namespace):
            return await call()


def _tell(done: asyncio.Future[Any], result: Sequence[Any], error: BaseException | None) -> None:
    if result:
        done.set_result(result[0])
    else:
        done.set_exception(error or AssertionError("neither written nor refused"))


def _retrieved(done: asyncio.Future[Any]) -> None:
    """Whoever asked may be gone."""
    if not done.cancelled():
        done.exception()

"""Writes in the order of their calls, each whole or not at all, whoever stops waiting for them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from adapters.kubernetes.state.ledger import Draft
from adapters.kubernetes.state.reading import told
from controller.errors import StateError
from controller.records import Record

T = TypeVar("T")

MOST: Final = 100
"""Records of one write."""
PATIENCE: Final = 10.0
"""Seconds at most for the end: an API that is away keeps no process from ending."""


@dataclass(slots=True)
class _Write:
    done: asyncio.Future[Any]
    rollout: str = ""
    draft: Draft | None = None
    """A record; None: `call` does it."""
    call: Callable[[], Awaitable[Any]] | None = None


Append = Callable[[str, Sequence[Draft], list[Record]], Awaitable[None]]
"""Appends records of a rollout; the list takes those that are written."""


class Turns:
    """Raises StateError, and Conflict, for what was not written."""

    def __init__(self, namespace: str, append: Append) -> None:
        self._namespace = namespace
        self._append = append
        self._queue: deque[_Write] = deque()
        self._under_way: list[_Write] = []
        self._working: asyncio.Task[None] | None = None
        self.is_closed = False

    async def record(self, rollout: str, draft: Draft) -> Record:
        record: Record = await self._put(_Write(self._future(), rollout, draft))
        return record

    async def call(self, call: Callable[[], Awaitable[T]]) -> T:
        done: T = await self._put(_Write(self._future(), call=call))
        return done

    def _future(self) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().create_future()

    async def _put(self, write: _Write) -> Any:
        if self.is_closed:
            raise StateError("the journal is closed")
        self._queue.append(write)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        write.done.add_done_callback(_retrieved)
        return await asyncio.shield(write.done)

    async def _work(self) -> None:
        while self._queue:
            write = self._queue.popleft()
            self._under_way = [write, *self._more(write)]
            result: list[Any] = []
            error = await self._tried(self._perform(self._under_way, result))
            for number, one in enumerate(self._under_way):
                if number < len(result):
                    one.done.set_result(result[number])
                else:
                    one.done.set_exception(error or AssertionError("neither written nor refused"))

    def _more(self, write: _Write) -> list[_Write]:
        """What can be written along with a record: several of one decision wait at once."""
        more: list[_Write] = []
        while (
            write.draft is not None
            and self._queue
            and len(more) < MOST - 1
            and self._queue[0].draft is not None
            and self._queue[0].rollout == write.rollout
        ):
            more.append(self._queue.popleft())
        return more

    async def _perform(self, writes: Sequence[_Write], result: list[Any]) -> None:
        call = writes[0].call
        if call is not None:
            result.append(await call())
        else:
            drafts = [write.draft for write in writes if write.draft is not None]
            await self._append(writes[0].rollout, drafts, result)

    async def _tried(self, call: Coroutine[Any, Any, None]) -> BaseException | None:
        """What came of it, also of a bug: whoever asked is told, and the next ones have their
        turn."""

        async def with_words() -> None:
            with told(self._namespace):
                await call

        task = asyncio.create_task(with_words())
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()
        return task.exception()

    async def aclose(self) -> None:
        """Waits for writes, but not for ever. May be called again."""
        self.is_closed = True
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


def _retrieved(done: asyncio.Future[Any]) -> None:
    """Whoever asked may be gone."""
    if not done.cancelled():
        done.exception()

"""Requests of operators in SQLite, for an event loop."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Final

from adapters.storage.worker import Worker
from controller.ports import Clock
from controller.records import Request, Verb

EVERY: Final = timedelta(milliseconds=100)
"""Polling interval for new requests: one indexed read."""


class SqliteRequests:
    """Implements `controller.ports.Requests`."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._run, self._tables = worker.run, worker.tables
        self._clock = clock

    async def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request:
        return await self._run(self._tables.ask, rollout, verb, reason, by)

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        return await self._run(self._tables.pending, rollout, after)

    async def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        while True:
            for request in await self.pending(rollout, after):
                after = request.seq
                yield request
            await self._clock.sleep(EVERY)

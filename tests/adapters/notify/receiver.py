"""A webhook's receiver on loopback, and a notifier that does as it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.records import Notice, Undelivered
from tests.support.serving import closing, retire
from tests.support.waiting import accepted

Answer = Callable[[int], int]
"""The status for the n-th request, from 0; 0: never answer."""

HANGS = 0
WALL = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Got:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass(slots=True)
class Receiver:
    url: str = ""
    got: list[Got] = field(default_factory=list)

    def events(self) -> list[str]:
        return [one.json["event"] for one in self.got]


@asynccontextmanager
async def receiver(
    answer: Answer = lambda _: 200, *, head: str = "", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Listens until the block ends, and then lets go of whoever still hangs. `head`: more headers
    of each answer."""
    here = Receiver()
    waiting: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        waiting.add(task)
        try:
            here.got.append(await _request(reader))
            status = answer(len(here.got) - 1)
            if status == HANGS:
                await asyncio.Event().wait()
            writer.write(f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n{head}\r\n".encode())
            await writer.drain()
        finally:
            waiting.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(closing(serve), "127.0.0.1", 0, ssl=tls)
    try:
        port = server.sockets[0].getsockname()[1]
        here.url = f"http{'s' if tls else ''}://127.0.0.1:{port}/hook/s3cret-path"
        yield here
    finally:
        retire(server)
        await accepted()
        for task in waiting:
            task.cancel()
        for task in tuple(waiting):
            with suppress(asyncio.CancelledError, ConnectionError):
                await task


async def _request(reader: asyncio.StreamReader) -> Got:
    head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = head.split(" ")
    return Got(method, path, headers, body)


def notice(event: str = "halted", *lines: str, text: str = "rollout web: HALTED") -> Notice:
    return Notice(event, "web", "web-1", WALL, text, lines, "web1", 4)


class ScriptedNotifier:
    """Implements `controller.ports.Notifier`: answers as told, the last answer for ever; an
    answer of `...` never comes."""

    within = timedelta(seconds=8)

    def __init__(self, *answers: Undelivered | None, events: Collection[str] = ("halted",)) -> None:
        self.name = "notify[0].webhook"
        self.events = events
        self.tried: list[tuple[str, str, float]] = []
        """Event, delivery, and the loop's time in seconds."""
        self.is_closed = False
        self._answers: list[Undelivered | None] = list(answers) or [None]

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        now = asyncio.get_running_loop().time()
        self.tried.append((notice.event, delivery, now))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def aclose(self) -> None:
        self.is_closed = True


class HungNotifier(ScriptedNotifier):
    """Never answers."""

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        await super().deliver(notice, delivery)
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

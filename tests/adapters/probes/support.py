"""What the tests of probes share: a virtual clock, scripted commands, and a tiny app server."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock
from adapters.probes import OutsideValidator
from controller.tasks import (
    Command,
    CommandProbe,
    HttpProbe,
    Job,
    JobResult,
    TcpProbe,
    Validation,
    ValidationResult,
)
from tests.support.serving import closing, listening

Handler = Callable[[str, asyncio.StreamWriter], None]
"""Gets the head of a request and writes the answer; the connection is then closed."""


class VirtualClock:
    """Sleeps take no time, and the clock stands still between them."""

    def __init__(self) -> None:
        self._now = timedelta(hours=5)

    def now(self) -> timedelta:
        return self._now

    def wall(self) -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + self._now

    async def sleep(self, duration: timedelta) -> None:
        self._now += duration
        await asyncio.sleep(0)


class ScriptedCommands:
    """Answers questions as told, the last answer for ever; remembers what was asked."""

    def __init__(self, answers: Iterable[JobResult]) -> None:
        self._answers = list(answers)
        self.asked: list[Command] = []

    async def run(self, job: Job) -> JobResult:
        raise NotImplementedError

    def unstartable(self, command: Command) -> str | None:
        raise NotImplementedError

    async def run_briefly(self, command: Command) -> JobResult:
        self.asked.append(command)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def answering(text: str, status: str = "200 OK", head: str = "") -> Handler:
    """Answer each request with `text`."""
    body = text.encode()

    def handle(_: str, writer: asyncio.StreamWriter) -> None:
        length = f"Content-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{head}{length}\r\n".encode() + body)

    return handle


@asynccontextmanager
async def serving(
    handler: Handler,
    tls: ssl.SSLContext | None = None,
    *,
    place: socket.socket | None = None,
    reads: bool = True,
    holds: bool = False,
) -> AsyncIterator[int]:
    """A server on a free loopback port, or at `place`; yields the port.

    `reads`: a request comes before the answer. `holds`: the connection is left to the client to
    close.
    """
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n") if reads else b""
            handler(head.decode(), writer)
            await writer.drain()
            if holds:
                await reader.read()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    place = place or bound()
    server = await asyncio.start_server(closing(serve), sock=place, ssl=tls)
    async with listening(server):
        yield place.getsockname()[1]
    async with asyncio.timeout(60):
        await asyncio.gather(*connections)


def bound() -> socket.socket:
    """A free loopback port that is ours, and refuses connections until somebody serves there."""
    place = socket.socket()
    place.bind(("127.0.0.1", 0))
    return place


async def probed(probe: HttpProbe) -> ValidationResult:
    """The outcome of one try, with ample time for it."""
    validator = OutsideValidator(ScriptedCommands([JobResult()]), SystemClock())
    return await validator.validate([once(probe)])


def once(probe: HttpProbe | TcpProbe | CommandProbe) -> Validation:
    """One try within 10 s, since the next would come too late."""
    return Validation(probe, timedelta(seconds=10), timedelta(seconds=11))

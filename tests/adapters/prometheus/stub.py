"""A server over real sockets, for what a real Prometheus will not say."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl

from adapters.clock import SystemClock
from adapters.prometheus import PrometheusSource
from controller.metrics_servers import MetricsServer
from tests.support.serving import closing, listening


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    """By lower-case name."""
    form: dict[str, str]
    """Of its body, or of its URL."""


@dataclass(frozen=True, slots=True)
class Told:
    """One reply to give. `status` 0: none at all, the connection is cut."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


Teller = Callable[[Asked], Told | None]
"""None: say nothing until the asker goes away."""


def told(page: object, status: int = 200) -> Told:
    return Told(status, json.dumps(page).encode())


def vector(*values: object, **extra: object) -> Told:
    """A success with one series for each value, a dict being a histogram."""
    return result("vector", [_element(each, value) for each, value in enumerate(values)], **extra)


def result(kind: str, found: object, **extra: object) -> Told:
    """A success with a result of that type."""
    data = {"resultType": kind, "result": found}
    return told({"status": "success", "data": data, **extra})


def failure(status: int, kind: str, text: str) -> Told:
    return told({"status": "error", "errorType": kind, "error": text}, status)


def _element(number: int, value: object) -> dict[str, object]:
    kind = "histogram" if isinstance(value, dict) else "value"
    return {"metric": {"instance": f"web{number + 1}"}, kind: [1_700_000_000.5, value]}


class Stub:
    """Replies with what the teller says, one connection for each request."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.asked: list[Asked] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await _request(reader)
            self.asked.append(asked)
            reply = self.teller(asked)
            if reply is None:
                await reader.read()
            elif reply.status:
                writer.write(_written(reply))
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def gone(self) -> None:
        await asyncio.gather(*self._tasks)


@asynccontextmanager
async def stub(
    teller: Teller, tls: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[Stub]:
    one = Stub(teller)
    server = await asyncio.start_server(closing(one.serve), "127.0.0.1", port, ssl=tls)
    async with listening(server):
        one.port = server.sockets[0].getsockname()[1]
        yield one
    async with asyncio.timeout(60):
        await one.gone()


class HastyClock(SystemClock):
    """Does not pause between tries."""

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(0)


@asynccontextmanager
async def source(
    server: MetricsServer, *, is_hasty: bool = False
) -> AsyncIterator[PrometheusSource]:
    one = PrometheusSource(server, HastyClock() if is_hasty else SystemClock())
    try:
        yield one
    finally:
        await one.aclose()


def at(url: str, seconds: float = 10.0) -> MetricsServer:
    return MetricsServer(url, timeout=timedelta(seconds=seconds))


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.partition(": ") for line in head[1:] if line)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = path.partition("?")
    form = parse_qsl(body.decode() or query, keep_blank_values=True)
    return Asked(method, path, headers, dict(form))


def _written(reply: Told) -> bytes:
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        "Connection": "close",
        **reply.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Whatever\r\n{lines}\r\n".encode() + reply.body

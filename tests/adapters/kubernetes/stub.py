"""A scripted API server over real sockets, for what a real one says rarely or never."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import Access, access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.auth import Credentials, Grant
from adapters.kubernetes.client.login.fixed import Fixed
from adapters.kubernetes.client.wire.tls import Tls
from tests.support.serving import closing, listening

TOKEN = "sesame-4711"


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Told:
    """One reply. `status` 0: none at all, the connection is cut."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


class Stream:
    """A reply that is written as the test goes on."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def tell(self, kind: str, one: Mapping[str, Any]) -> None:
        self.raw(json.dumps({"type": kind, "object": one}).encode() + b"\n")

    def raw(self, piece: bytes) -> None:
        self._queue.put_nowait(piece)

    def end(self) -> None:
        """As a server does when its time is over."""
        self._queue.put_nowait(b"")

    def cut(self) -> None:
        """In the middle."""
        self._queue.put_nowait(None)

    async def write(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        while piece := await self._queue.get():
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if piece is not None:
            writer.write(b"0\r\n\r\n")


Reply = Told | Stream | None
Teller = Callable[[Asked], Reply | Awaitable[Reply]]
"""None: say nothing until the asker goes away."""


def told(page: object, status: int = 200, **headers: str) -> Told:
    return Told(status, json.dumps(page).encode(), headers)


def status(code: int, reason: str = "", message: str = "", **details: Any) -> Told:
    page = {"kind": "Status", "status": "Failure", "code": code, "reason": reason}
    return told({**page, "message": message, "details": details}, code)


def thing(name: str, version: int, uid: str = "", **spec: Any) -> dict[str, Any]:
    meta = {"name": name, "uid": uid or f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": meta, "spec": spec}


def listing(version: int, *items: Mapping[str, Any], more: str = "") -> Told:
    meta = {"resourceVersion": str(version), **({"continue": more} if more else {})}
    return told({"kind": "List", "metadata": meta, "items": list(items)})


class Stub:
    def __init__(self, teller: Teller) -> None:
        self.teller = teller
        self.asked: list[Asked] = []
        self.port = 0
        self.scheme = "http"
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            asked = await _request(reader)
            self.asked.append(asked)
            reply = self.teller(asked)
            if reply is not None and not isinstance(reply, Told | Stream):
                reply = await reply
            await self._reply(reply, reader, writer)
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    async def _reply(
        self,
        reply: Reply,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        if reply is None:
            await reader.read()
        elif isinstance(reply, Stream):
            writing = asyncio.ensure_future(reply.write(writer))
            leaving = asyncio.ensure_future(reader.read())
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            for one in (writing, leaving):
                one.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await one
        elif reply.status:
            writer.write(_written(reply))
            await writer.drain()

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
        one.scheme = "https" if tls else "http"
        yield one
    async with asyncio.timeout(60):
        await one.gone()


def access_to(url: str, grant: Grant | None = None, **kept: Any) -> Access:
    grant = grant or Grant(f"Bearer {TOKEN}")
    given: dict[str, Any] = {"tls": Tls(), "credentials": Credentials(Fixed(grant)), **kept}
    return Access("prod", url, "shop", **given)


class HastyClock(SystemClock):
    """Does not pause between tries; notes how long it should have."""

    def __init__(self) -> None:
        self.slept: list[timedelta] = []

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        await asyncio.sleep(0.001)


class LateClock(HastyClock):
    """May be moved on by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.later = timedelta(0)

    def now(self) -> timedelta:
        return super().now() + self.later

    def wall(self) -> datetime:
        return super().wall() + self.later


@asynccontextmanager
async def api_of(
    access: Access | str, *, clock: SystemClock | None = None, seconds: float = 10.0
) -> AsyncIterator[Api]:
    one = access_to(access) if isinstance(access, str) else access
    api = Api(one, clock or HastyClock(), limit=timedelta(seconds=seconds))
    try:
        yield api
    finally:
        await api.aclose()


def written_config(
    folder: Path, cluster: Mapping[str, Any], user: Mapping[str, Any], namespace: str = ""
) -> Path:
    """A kubeconfig of one context `prod`."""
    context = {"cluster": "c", "user": "u", "namespace": namespace}
    page = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": context}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path = folder / "config"
    path.write_text(json.dumps(page))
    return path


def config_access(path: Path, **environ: str) -> Access:
    return access_of(kubeconfig=str(path), environ=environ)


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.partition(": ") for line in head[1:] if line)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = path.partition("?")
    return Asked(method, unquote(path), dict(parse_qsl(query)), headers, body)


def _written(reply: Told) -> bytes:
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(reply.body)),
        "Connection": "close",
        **reply.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} Whatever\r\n{lines}\r\n".encode() + reply.body

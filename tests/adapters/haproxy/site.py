"""A pool on loopback for tests: app servers in this event loop, real HAProxies before them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemClock
from adapters.demo.haproxy import HaproxyProcess
from adapters.haproxy.balancer import HaproxyLoadBalancer
from tests.support.haproxies import launcher, quick
from tests.support.serving import closing, retire
from tests.support.waiting import until


class App:
    """One HTTP server. `/held` is answered after `release`, `/fail` with 500."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.health = 200
        self.port = 0
        self.users = 0
        """Requests taken, health checks not counted."""
        self.checks = 0
        self.release = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(closing(self._serve), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the port and every connection, as the death of the process would."""
        if self._server:
            retire(self._server)
        self._server = None
        self.release.set()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1]
            status = await self._take(path)
            writer.write(
                f"HTTP/1.1 {status} -\r\nX-Member: {self.name}\r\nConnection: close\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _take(self, path: bytes) -> int:
        if path == b"/health":
            self.checks += 1
            return self.health
        self.users += 1
        if path == b"/held":
            await self.release.wait()
        return 500 if path == b"/fail" else 200


class Agent:
    """What `agent-check` asks: answers `word` to whoever connects (configuration manual,
    `agent-check`)."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.port = 0
        self.asked = 0
        self.waiting = 0
        """Answers under way, while it is to `pause`."""
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self._server: asyncio.Server | None = None

    def pause(self) -> None:
        self._may_answer.clear()

    def go_on(self) -> None:
        self._may_answer.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(closing(self._serve), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            retire(self._server)

    async def _serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        self.waiting += not self._may_answer.is_set()
        await self._may_answer.wait()
        try:
            writer.write(f"{self.word}\n".encode())
            await writer.drain()
        except ConnectionError:
            writer.transport.abort()
        finally:
            writer.close()


async def settled() -> None:
    """Return when no server has anything left to do: what the loop's end would cut off midway
    would warn of an unclosed socket, in some later test."""
    await until(
        lambda: asyncio.all_tasks() == {asyncio.current_task()},
        what="all connections to be closed",
    )


@dataclass(frozen=True)
class Reply:
    status: int
    """0: the connection ended without an answer."""
    member: str
    cookie: str
    """`NAME=value` as set, or empty."""


async def get(port: int, path: str = "/", cookie: str = "") -> Reply:
    """One request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        sent = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        writer.write(
            f"{sent}{f'Cookie: {cookie}' + chr(13) + chr(10) if cookie else ''}\r\n".encode()
        )
        async with asyncio.timeout(60):
            head, *lines = (await reader.read()).decode().split("\r\n")
    except ConnectionError:
        return Reply(0, "", "")
    finally:
        writer.transport.abort()
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
    set_cookie = headers.get("set-cookie", "").partition(";")[0]
    return Reply(int(head.split(" ")[1]) if head else 0, headers.get("x-member", ""), set_cookie)


class Site:
    """Starts and stops everything; made by the `site` fixture."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.folder = folder
        self._binary = binary
        self._stack = contextlib.AsyncExitStack()
        self._count = 0

    async def app(self, name: str) -> App:
        app = App(name)
        await app.start()
        self._stack.push_async_callback(app.stop)
        return app

    async def agent(self, word: str) -> Agent:
        agent = Agent(word)
        await agent.start()
        self._stack.push_async_callback(agent.stop)
        return agent

    def port(self, address: str = "127.0.0.1") -> int:
        """A port that HAProxy can bind and nobody else gets: this socket shares it with sockets
        of the same user (socket(7), SO_REUSEPORT)."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        holder = self._stack.enter_context(socket.socket(family))
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((address, 0))
        return int(holder.getsockname()[1])

    async def haproxy(self, sections: str, more: str = "") -> "Front":
        """`sections`: all but global, defaults and the frontend, whose backend is `web`, and whose
        name too."""
        self._count += 1
        folder = self.folder / str(self._count)
        folder.mkdir()
        front = Front(folder, self.port(), self.port())
        config = front.config(sections, f"{quick(self._binary)}\n  {more}")
        front.process = HaproxyProcess(self._binary, folder, config, launcher=launcher())
        self._stack.push_async_callback(front.process.stop)
        await front.process.start()
        return front

    async def close(self) -> None:
        await self._stack.aclose()
        await settled()


class Front:
    """One running HAProxy and its endpoints."""

    process: HaproxyProcess

    def __init__(self, folder: Path, port: int, admin_port: int) -> None:
        self.folder = folder
        self.port = port
        self.admin_port = admin_port

    @property
    def unix(self) -> str:
        return f"unix:{self.folder}/admin"

    @property
    def tcp(self) -> str:
        return f"tcp:127.0.0.1:{self.admin_port}"

    @property
    def operator(self) -> str:
        return f"unix:{self.folder}/operator"

    def config(self, sections: str, more: str) -> str:
        return f"""
global
  stats socket {self.folder}/admin level admin expose-fd listeners
  stats socket {self.folder}/operator level operator
  stats socket ipv4@127.0.0.1:{self.admin_port} level admin
  {more}
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout check 5s
  retries 0
frontend web
  bind 127.0.0.1:{self.port}
  default_backend web
{sections}
"""


def balancer(endpoints: Sequence[str], backends: Sequence[str] = ("web",)) -> HaproxyLoadBalancer:
    return HaproxyLoadBalancer(endpoints, backends, SystemClock())


@asynccontextmanager
async def held(app: App, port: int, cookie: str) -> AsyncIterator["asyncio.Task[Reply]"]:
    """A request in flight at `app`, which ends after `app.release`."""
    before = app.users
    work = asyncio.create_task(get(port, "/held", cookie))
    try:
        await until(lambda: app.users > before, what="the request to reach the app")
        yield work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

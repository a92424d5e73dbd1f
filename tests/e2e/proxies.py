"""HAProxys with proxies of a test's own, and users who come on a connection of their own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from adapters.demo.client import Client
from adapters.demo.world import World
from tests.support.waiting import until

FAST = "check inter 50ms rise 1 fall 3"


def servers(world: World, options: str = FAST, each: Callable[[str], str] | None = None) -> str:
    """A backend's servers, one line each; `each`: what one of them has beyond `options`."""
    more = each or (lambda _: "")
    places = world.ports.items()
    return "\n".join(
        f"  server {name} 127.0.0.1:{port} {options} {more(name)}" for name, port in places
    )


def listen(world: World, number: int, *lines: str, options: str = FAST) -> str:
    """The proxy `web` of one HAProxy, at its usual port and with the usual members."""
    bind = f"bind 127.0.0.1:{world.frontends[number]}"
    return "\n  ".join(["listen web", bind, *lines]) + "\n" + servers(world, options)


async def rearrange(world: World, proxies: Callable[[int], str]) -> None:
    """Start every HAProxy anew with its `global` and `defaults` as they were, and `proxies`, made
    for its number from 0 on."""
    for number, process in enumerate(world.haproxies):
        head = process.config.partition("frontend front")[0]
        process.config = f"{head}  timeout check 5s\n{proxies(number)}\n"
        await process.restart()


@asynccontextmanager
async def session(port: int, member: str) -> AsyncIterator[Client]:
    """A connection that stays open, in mode tcp a session, at `member`, until the block ends."""
    one = Client(port, keeps_cookie=False)
    tries = 0
    try:
        while (await one.get("/")).member != member:
            await one.close()
            tries += 1
            assert tries < 20, f"no session at {member}"
        yield one
    finally:
        await one.close()


@dataclass(frozen=True, slots=True)
class Visit:
    source: str
    """The user's address."""
    member: str
    """Who answered; empty when nobody did."""
    version: str
    status: int

    @property
    def has_failed(self) -> bool:
        return self.status != 200


async def visit(port: int, source: str = "127.0.0.1", cookie: str = "") -> Visit:
    """One request, on a connection of its own."""
    reply = b""
    with suppress(ConnectionError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        try:
            head = f"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
            writer.write(head.encode())
            async with asyncio.timeout(60):
                reply = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
    first, *lines = reply.decode().split("\r\n")
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
    status = int(first.split(" ")[1]) if first else 0
    return Visit(source, headers.get("x-member", ""), headers.get("x-version", ""), status)


class Visitors:
    """`async with Visitors(ports) as visitors: …; visitors.visits`

    Regulars come again and again, each from its own address and with the cookie `SID=address`;
    newcomers come once.
    """

    def __init__(self, ports: Sequence[int], regulars: int = 6, every: float = 0.04) -> None:
        """`every`: seconds between two visits of one user."""
        self.visits: list[Visit] = []
        self._ports = ports
        self._regulars = [f"127.0.1.{number}" for number in range(1, regulars + 1)]
        self._every = every
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def failed(self) -> list[Visit]:
        return [one for one in self.visits if one.has_failed]

    def members_of(self, source: str) -> list[str]:
        """Who served it, one after the other."""
        served = [one.member for one in self.visits if one.source == source]
        return [name for at, name in enumerate(served) if at == 0 or served[at - 1] != name]

    async def until_all_came(self) -> None:
        def have_all() -> bool:
            return {one.source for one in self.visits} >= set(self._regulars)

        await until(have_all, what="every regular to have come")

    async def until_more(self, count: int) -> None:
        goal = len(self.visits) + count
        await until(lambda: len(self.visits) >= goal, what=f"{count} more visits")

    async def __aenter__(self) -> Self:
        for number, source in enumerate([*self._regulars, ""]):
            port = self._ports[number % len(self._ports)]
            self._tasks.append(asyncio.create_task(self._come(port, source)))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _come(self, port: int, source: str) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            own = source or f"127.0.{2 + count // 250}.{1 + count % 250}"
            self.visits.append(await visit(port, own, f"SID={own}"))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every)

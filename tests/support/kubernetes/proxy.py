"""A service proxy that follows the EndpointSlices of one Service, some time late."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests.support.kubernetes.client import Access, Client
from tests.support.serving import retire
from tests.support.waiting import accepted

Json = dict[str, Any]
Place = tuple[str, int]
LAG = 0.3
HEAD_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Endpoint:
    place: Place
    pod: str
    ready: bool
    serving: bool
    terminating: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the slices said from this moment on, without the lag."""

    at: float
    """On the monotonic clock."""
    ready: tuple[str, ...]
    """Names of pods."""


def endpoints(slices: list[Json]) -> list[Endpoint]:
    """Of all slices of a Service; PURE."""
    found: dict[Place, Endpoint] = {}
    for one in slices:
        ports = [port["port"] for port in one.get("ports") or [] if port.get("port")]
        for each in (one.get("endpoints") or []) if ports else []:
            said = each.get("conditions") or {}
            place = (each["addresses"][0], ports[0])
            found[place] = Endpoint(
                place,
                (each.get("targetRef") or {}).get("name", ""),
                said.get("ready") is not False,
                said.get("serving") is not False,
                said.get("terminating") is True,
            )
    return list(found.values())


def served(found: list[Endpoint]) -> list[Place]:
    """Where a proxy sends users: to what is ready, else to what still serves; PURE."""
    ready = [one.place for one in found if one.ready]
    return sorted(ready or [one.place for one in found if one.serving and one.terminating])


class ServiceProxy:
    """`async with ServiceProxy(access, "shop", "web") as proxy: Load(proxy.port)`

    Listens on loopback. `layer` 7: each request goes to the next endpoint, none is tried twice.
    4: connections stay where they are, also when the endpoint has left the slices.
    """

    def __init__(
        self, access: Access, namespace: str, service: str, *, lag: float = LAG, layer: int = 7
    ) -> None:
        self.port = 0
        self.history: list[Seen] = []
        self.places: list[Place] = []
        """Where users go now."""
        self.busy = 0
        """Requests (layer 4: connections) under way."""
        self.answered: Counter[tuple[str, str]] = Counter()
        """Layer 7: (pod, status code) → answers, as such proxies count them."""
        self._pods: dict[Place, str] = {}
        self._api = Client(access, "poolroll-proxy")
        self._path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        self._service = service
        self._lag = lag
        self._accept = self._forward if layer == 7 else self._pipe
        self._slices: dict[str, Json] = {}
        self._turn = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: dict[Place, list[Upstream]] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        label = f"kubernetes.io/service-name={self._service}"
        self._keep(self._api.follow(self._path, self._seen, labelSelector=label))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server:
            retire(self._server)
            await accepted()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for place in list(self._idle):
            self._forget(place)
        await self._api.__aexit__(kind, error, trace)

    def fewest(self, since: float = 0.0) -> int:
        """Ready endpoints, at the worst, from this moment of the monotonic clock on."""
        before = [one for one in self.history if one.at < since][-1:]
        return min(len(one.ready) for one in self.history if one in before or one.at >= since)

    def _keep(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _seen(self, kind: str, one: Json) -> None:
        name = one["metadata"]["name"]
        if kind == "DELETED":
            self._slices.pop(name, None)
        else:
            self._slices[name] = one
        found = endpoints(list(self._slices.values()))
        self._pods |= {one.place: one.pod for one in found}
        ready = tuple(sorted(one.pod for one in found if one.ready))
        if not self.history or self.history[-1].ready != ready:
            self.history.append(Seen(time.monotonic(), ready))
        asyncio.get_running_loop().call_later(self._lag, self._apply, served(found))

    def _apply(self, places: list[Place]) -> None:
        for gone in set(self.places) - set(places):
            self._forget(gone)
        self.places = places

    def _forget(self, place: Place) -> None:
        for link in self._idle.pop(place, []):
            link.close()

    def _next(self) -> Place | None:
        if not self.places:
            return None
        self._turn += 1
        return self.places[self._turn % len(self.places)]

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._keep(self._accept(reader, writer))
        task.add_done_callback(lambda done: writer.transport.abort() if done.cancelled() else None)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Layer 7: requests without a body."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                place = self._next()
                self.busy += 1
                try:
                    answer = await self._ask(place, head) if place else None
                finally:
                    self.busy -= 1
                writer.write(answer or _trouble(502 if place else 503))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the user is gone
        finally:
            writer.close()

    async def _ask(self, place: Place, head: bytes) -> bytes | None:
        """None without a whole answer."""
        kept = self._idle.get(place, [])
        link = kept.pop() if kept else None
        while link and link.is_over():
            link = kept.pop() if kept else None
        try:
            link = link or await Upstream.open(place)
            answer = await link.ask(head)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            if link:
                link.close()
            return None
        except asyncio.CancelledError:
            if link:
                link.close()
            raise
        self.answered[self._pods[place], answer[9:12].decode()] += 1
        if link.is_over() or place not in self.places:
            link.close()
        else:
            self._idle.setdefault(place, []).append(link)
        return answer

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Layer 4."""
        try:
            if (place := self._next()) is None:
                return
            theirs, upstream = await asyncio.open_connection(*place)
            self.busy += 1
            try:
                both = [_copy(reader, upstream), _copy(theirs, writer)]
                tasks = [asyncio.ensure_future(one) for one in both]
                try:
                    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in tasks:
                        task.cancel()
            finally:
                self.busy -= 1
                upstream.close()
        except OSError:
            pass  # refused: the user is cut
        finally:
            writer.close()


class Upstream:
    """A connection to one endpoint that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._last = False

    @classmethod
    async def open(cls, place: Place) -> Self:
        return cls(*await asyncio.open_connection(*place, limit=HEAD_LIMIT))

    async def ask(self, head: bytes) -> bytes:
        self._writer.write(head)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        low = answer.lower()
        start = low.index(b"content-length:") + len(b"content-length:")
        body = await self._reader.readexactly(int(low[start : low.index(b"\r", start)]))
        self._last = b"\r\nconnection: close" in low
        return answer + body

    def is_over(self) -> bool:
        return self._last or self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        with suppress(OSError):
            self._writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(HEAD_LIMIT):
            writer.write(data)
            await writer.drain()


def _trouble(status: int) -> bytes:
    return f"HTTP/1.1 {status} \r\nContent-Length: 0\r\n\r\n".encode()

"""A client of a fake cluster without sockets, so that whole rollouts run in virtual time.

A process of it can be killed: from that moment on none of its calls is sent, and none returns.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode

from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.auth import Credentials, Grant
from adapters.kubernetes.client.faults import Unreachable
from adapters.kubernetes.client.wire.tls import Tls
from adapters.kubernetes.client.wire.transport import Answer, Request
from controller.ports import Clock
from tests.support.kubernetes.answers import StatusError
from tests.support.kubernetes.cluster import ADMIN, FakeCluster
from tests.support.kubernetes.faults import Cut
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.requests import parsed

LATENCY: Final = 0.002

Sent = tuple[int, Mapping[str, str], bytes]


class InMemory:
    """In place of `adapters.kubernetes.client.wire.transport.Transport`."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster
        self.is_dead = False

    async def ask(self, request: Request, grant: Grant) -> Sent:
        async with self.open(request, grant) as answer:
            body = b"".join([chunk async for chunk in answer.chunks])
        return answer.status, answer.headers, body

    @asynccontextmanager
    async def open(
        self, request: Request, grant: Grant, silence: object = None
    ) -> AsyncGenerator[Answer]:
        await self._travels()
        target = f"{request.path}?{urlencode(dict(request.params))}"
        headers = {"content-type": request.kind, "user-agent": "poolroll/0"}
        headers["authorization"] = f"Bearer {ADMIN}"
        call = parsed(request.method, target, headers, request.content or b"")
        try:
            status, found = await self._cluster.handled(call)
        except StatusError as error:
            call.status = error.code
            yield Answer(error.code, dict(error.headers), self._once(error.body()))
            return
        except Cut:
            await self._travels()
            raise Unreachable(self._cluster.url, f"{request.call}: the connection broke") from None
        await self._travels()
        if isinstance(found, dict):
            yield Answer(status, {}, self._once(found))
            return
        async with aclosing(found) as events:
            yield Answer(status, {}, self._lines(events))

    async def _travels(self) -> None:
        await asyncio.sleep(LATENCY)
        if self.is_dead:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        """Nothing is open."""

    async def _once(self, body: Json) -> AsyncIterator[bytes]:
        yield self._cluster.server.texts.of(body)

    async def _lines(self, events: AsyncGenerator[Json]) -> AsyncIterator[bytes]:
        async for event in events:
            await asyncio.sleep(LATENCY)
            yield self._cluster.server.texts.of(event) + b"\n"


def client_of(cluster: FakeCluster, clock: Clock) -> tuple[Api, InMemory]:
    async def granted() -> Grant:
        return Grant(f"Bearer {ADMIN}")

    source: Any = granted
    access = Access("fake", cluster.url, "default", Tls(), Credentials(source))
    api, wire = Api(access, clock), InMemory(cluster)
    asking: Any = api._asking
    asking._transport, asking._granted = wire, lambda _: granted()
    return api, wire

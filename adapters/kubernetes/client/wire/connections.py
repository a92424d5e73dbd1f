"""Connections to one API server.

Made anew when a TLS file was rotated, and after an answer that did not come: what is frozen keeps
its connections.
"""

import asyncio
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL
from typing import Final

import httpx

from adapters.connections import transport_of
from adapters.kubernetes.client.auth import Grant
from adapters.kubernetes.client.faults import BadAccess
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.login.threads import beside
from adapters.kubernetes.client.wire.tls import context_of

_ALIVE: Final = (
    (SOL_SOCKET, SO_KEEPALIVE, 1),
    (IPPROTO_TCP, TCP_KEEPIDLE, 15),
    (IPPROTO_TCP, TCP_KEEPINTVL, 5),
    (IPPROTO_TCP, TCP_KEEPCNT, 4),
)
"""A watch may be silent for a minute, and what is in between forgets silent connections."""


_KEPT: Final = 32
"""httpcore closes what is idle once there are more connections than that, also when most of them
are streams: with 4, every second request made a new one, with a TLS handshake."""


class Connections:
    def __init__(self, access: Access, seconds: float) -> None:
        self._access = access
        self._seconds = seconds
        self._current: httpx.AsyncHTTPTransport | None = None
        self._made_of: object = None
        self._using: dict[httpx.AsyncHTTPTransport, int] = {}
        self._making = asyncio.Lock()

    async def take(self, grant: Grant) -> httpx.AsyncHTTPTransport:
        """To be let go. Raises BadAccess."""
        one = await self._connectable(grant)
        self._using[one] = self._using.get(one, 0) + 1
        return one

    async def let_go(self, one: httpx.AsyncHTTPTransport) -> None:
        left = self._using.pop(one, 1) - 1
        if left:
            self._using[one] = left
        elif one is not self._current:
            await one.aclose()

    def forget(self) -> None:
        """No further request takes a connection of now."""
        self._made_of = None

    async def aclose(self) -> None:
        for one in {*self._using, *filter(None, (self._current,))}:
            await one.aclose()
        self._using.clear()
        self._current = None

    async def _connectable(self, grant: Grant) -> httpx.AsyncHTTPTransport:
        """While rotated files cannot be used, halfway through it, the former stay in use."""
        async with self._making:
            wanted = (self._access.tls.stamp(), grant.cert, grant.key)
            if self._current is not None and wanted == self._made_of:
                return self._current
            try:
                made = await beside(lambda: self._made(grant), self._seconds)
            except (BadAccess, TimeoutError) as error:
                if self._current is None:
                    slow = "the files of the kubeconfig cannot be read in time"
                    raise BadAccess(str(error) or slow) from None
                return self._current
            former, self._current, self._made_of = self._current, made, wanted
            if former is not None and not self._using.get(former):
                await former.aclose()
            return made

    def _made(self, grant: Grant) -> httpx.AsyncHTTPTransport:
        access = self._access
        is_tls = access.server.startswith("https:")
        verify = context_of(access.tls, grant.cert, grant.key) if is_tls else False
        return transport_of(
            verify,
            httpx.Limits(max_keepalive_connections=_KEPT, keepalive_expiry=30),
            httpx.Proxy(access.proxy.url) if access.proxy else None,
            _ALIVE,
        )

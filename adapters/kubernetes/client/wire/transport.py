"""Requests over HTTP. It and `connections` alone import httpx."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Final

import httpx

from adapters.kubernetes.client.auth import Grant
from adapters.kubernetes.client.faults import (
    ApiError,
    BadAccess,
    NoCredentials,
    TooSlow,
    Unreachable,
)
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.wire.connections import Connections
from adapters.kubernetes.client.wire.network import network_words
from adapters.kubernetes.client.words import not_the_api
from controller import __version__

_CONNECT_SHARE: Final = 0.4
"""Of the limit, for TCP and for TLS each. httpcore leaves a socket open when its TLS handshake is
cancelled from outside, and closes it when its own limit ends it."""
_MOST: Final = 32 << 20
"""Bytes of an answer: a page of the largest objects."""
_HEADERS: Final = (
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"poolroll/{__version__}"),
)
_MET = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, ExceptionGroup)

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log URLs and headers whole


@dataclass(frozen=True, slots=True)
class Request:
    call: Call
    """For error messages."""
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    kind: str = "application/json"


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


@lru_cache(maxsize=256)
def _url(url: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """The same few are asked for all the time."""
    return httpx.URL(url, params=dict(params)) if params else httpx.URL(url)


class Transport:
    def __init__(self, access: Access, limit: timedelta) -> None:
        self._access = access
        self._limit = limit.total_seconds()
        self._connections = Connections(access, self._limit)

    async def ask(self, request: Request, grant: Grant) -> tuple[int, Mapping[str, str], bytes]:
        """The whole answer, within the limit. Raises Unreachable, TooSlow, NotTheApi,
        NoCredentials."""
        try:
            async with asyncio.timeout(self._limit), self.open(request, grant) as answer:
                body = bytearray()
                async for chunk in answer.chunks:
                    body += chunk
                    if len(body) > _MOST:
                        raise not_the_api(request.call, f"larger than {_MOST >> 20} MiB")
                return answer.status, answer.headers, bytes(body)
        except TimeoutError:
            raise self._too_slow(request) from None

    @asynccontextmanager
    async def open(
        self, request: Request, grant: Grant, silence: timedelta | None = None
    ) -> AsyncGenerator[Answer]:
        """An answer to be read as it comes, its head within the limit; `silence`: how long nothing
        may come. Raises as `ask`, also while it is read."""
        read = silence.total_seconds() if silence is not None else None
        try:
            taken = await self._connections.take(grant)
        except BadAccess as error:
            raise NoCredentials(self._access.where, f"{request.call}: {error}") from None
        try:
            sent = self._built(request, grant, read)
            async with asyncio.timeout(self._limit):
                response = await taken.handle_async_request(sent)
            try:
                yield Answer(
                    response.status_code, response.headers, self._plain(response, request.call)
                )
            finally:
                await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._too_slow(request, error) from None
        except _MET as error:
            raise self._broken(request, error) from None
        finally:
            await self._connections.let_go(taken)

    async def aclose(self) -> None:
        await self._connections.aclose()

    def _built(self, request: Request, grant: Grant, read: float | None) -> httpx.Request:
        """As a client would build it, which takes a fifth of the time of a request for what it
        merges in: nothing here."""
        headers = [*_HEADERS, *self._access.headers]
        if grant.authorization:
            headers.append(("Authorization", grant.authorization))
        if request.content is not None:
            headers.append(("Content-Type", request.kind))
        timeout = httpx.Timeout(None, connect=self._limit * _CONNECT_SHARE, read=read)
        return httpx.Request(
            request.method,
            _url(f"{self._access.server}{request.path}", tuple(request.params.items())),
            content=request.content,
            headers=headers,
            extensions={"timeout": timeout.as_dict()},
        )

    async def _plain(self, response: httpx.Response, call: Call) -> AsyncIterator[bytes]:
        if (coding := response.headers.get("content-encoding", "identity")) != "identity":
            raise not_the_api(call, f"compressed without being asked ({coding[:20]})")
        async for chunk in response.aiter_raw():
            yield chunk

    def _too_slow(self, request: Request, error: Exception | None = None) -> ApiError:
        self._connections.forget()
        where, within = self._access.where, f"{self._limit:g} s"
        if isinstance(error, httpx.ConnectTimeout):
            words = "no connection in time: the API server does not answer, or not by TLS"
            return Unreachable(where, f"{request.call}: {words}")
        words = f"no whole answer within {within}: is the API server overloaded, or frozen?"
        if isinstance(error, httpx.ReadTimeout):
            words = "the stream is silent for too long: is the API server frozen?"
        return TooSlow(where, f"{request.call}: {words}")

    def _broken(self, request: Request, error: Exception) -> ApiError:
        words = network_words(error)
        if isinstance(error, httpx.ProxyError):
            words = f"the proxy ({self._access.proxy and self._access.proxy.variable}) refused"
        return Unreachable(self._access.where, f"{request.call}: {words}")

"""HTTP clients that leave no connection behind, whenever they are given up.

httpx connects by anyio, which loses a connection when it is cancelled at the moment that this was
made, and a socket when it is cancelled in the TLS handshake: both stay open until the garbage
collector finds them. Connecting by asyncio alone closes them at once.
"""

import asyncio
import select
import socket
import ssl
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

import httpcore
import httpx

from adapters.streams import close, connected, shake_hands

_OPTIONAL: Final = "sniffio"
"""httpcore tries to import it for every request: where it is not installed, all of `sys.path` is
searched several times, which is a third of what a request costs."""
if _OPTIONAL not in sys.modules and find_spec(_OPTIONAL) is None:
    sys.modules[_OPTIONAL] = None  # type: ignore[assignment]  # absent, as the import system says it


def client(
    verify: ssl.SSLContext | bool,
    *,
    limits: httpx.Limits,
    headers: Mapping[str, str] | None = None,
    proxy: httpx.Proxy | None = None,
    socket_options: Sequence[httpcore.SOCKET_OPTION] = (),
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Without redirects, time limits, or anything of the environment: the caller decides those.
    `transport`: instead of real connections."""
    return httpx.AsyncClient(
        transport=transport or transport_of(verify, limits, proxy, socket_options),
        trust_env=False,
        follow_redirects=False,
        timeout=None,
        headers=headers,
    )


def transport_of(
    verify: ssl.SSLContext | bool,
    limits: httpx.Limits,
    proxy: httpx.Proxy | None = None,
    options: Sequence[httpcore.SOCKET_OPTION] = (),
) -> httpx.AsyncHTTPTransport:
    """What a client sends by: for whoever has no use for cookies, redirects and logins, which are a
    sixth of what a request costs."""
    made = httpx.AsyncHTTPTransport(
        verify=verify, trust_env=False, limits=limits, proxy=proxy, socket_options=list(options)
    )
    made._pool._network_backend = Backend()  # httpx has no parameter for what httpcore takes
    return made


class Backend(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _mapped(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                reader, writer = await connected(host, port, local_address)
        for option in socket_options or ():
            writer.get_extra_info("socket").setsockopt(*option)
        return _Stream(reader, writer)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _mapped(httpcore.ReadError, httpcore.ReadTimeout):
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _mapped(httpcore.WriteError, httpcore.WriteTimeout):
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()

    async def aclose(self) -> None:
        await close(self._writer)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        with _mapped(httpcore.ConnectError, httpcore.ConnectTimeout):
            async with asyncio.timeout(timeout):
                await shake_hands(self._writer, ssl_context, server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        names = {"client_addr": "sockname", "server_addr": "peername"}
        if info == "is_readable":
            return self._reader.at_eof() or _has_more(self._writer.get_extra_info("socket"))
        return self._writer.get_extra_info(names.get(info, info))


@contextmanager
def _mapped(fault: type[Exception], too_slow: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        is_ours = not error.args  # the system's own (ETIMEDOUT) has a number
        raise (too_slow if is_ours else fault)(str(error)) from error
    except OSError as error:  # what TLS meets is one, too
        raise fault(str(error)) from error
    except UnicodeError as error:  # a label that is too long for any name
        raise fault(str(error)) from socket.gaierror(socket.EAI_NONAME, str(error))


def _has_more(sock: socket.socket | None) -> bool:
    """Whether an idle connection has something to say, which is its end."""
    if sock is None or sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))

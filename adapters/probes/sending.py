"""One HTTP/1.1 request on a connection of its own.

httpx would send it by httpcore, for which it would load a pool of connections and, for the locks
of that, anyio: 2 MiB, and a tenth of the start. Each try of a probe is a new connection.
"""

import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from socket import EAI_NONAME, gaierror
from typing import Final

import h11
import httpx

from adapters.streams import close, connected, shake_hands

_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 100 << 10
"""Bytes of all headers of an answer."""
_PIECE: Final = 64 << 10


class Sending(httpx.AsyncBaseTransport):
    """`tls`: for https; None: any certificate is accepted. Time limits are the caller's."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """`request` has no body. Raises what httpx documents, but OverflowError for a port."""
        if request.url.scheme not in _PORTS:
            raise httpx.UnsupportedProtocol("neither http nor https")
        exchange = _Exchange(*await self._connected(request))
        try:
            return await exchange.answer_to(request)
        except BaseException:
            await exchange.aclose()
            raise

    async def _connected(self, request: httpx.Request) -> tuple[StreamReader, StreamWriter]:
        url = request.url
        host = url.raw_host.decode("ascii")
        with _mapped(httpx.ConnectError):
            reader, writer = await connected(host, url.port or _PORTS[url.scheme])
            if url.scheme == "https":
                name = request.extensions.get("sni_hostname", host)
                await shake_hands(writer, self._context(), name)
        return reader, writer

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE
        self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


class _Exchange(httpx.AsyncByteStream):
    """A request, and its answer, whose body it is."""

    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST)

    async def answer_to(self, request: httpx.Request) -> httpx.Response:
        await self._send(request)
        event = await self._event()
        while isinstance(event, h11.InformationalResponse) and event.status_code != 101:
            event = await self._event()
        assert isinstance(event, h11.Response | h11.InformationalResponse)
        return httpx.Response(
            event.status_code,
            headers=event.headers.raw_items(),
            stream=self,
            extensions={
                "http_version": b"HTTP/" + event.http_version,
                "reason_phrase": event.reason,
            },
        )

    async def _send(self, request: httpx.Request) -> None:
        try:
            head = self._http.send(
                h11.Request(
                    method=request.method,
                    target=request.url.raw_path,
                    headers=request.headers.raw,
                )
            )
            end = self._http.send(h11.EndOfMessage())
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error
        with suppress(OSError):  # it may have answered before it closed
            self._writer.write((head or b"") + (end or b""))
            await self._writer.drain()

    async def _event(self) -> object:
        """Raises RemoteProtocolError and ReadError."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event
            with _mapped(httpx.ReadError):
                piece = await self._reader.read(_PIECE)
            if not piece and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx.RemoteProtocolError("the connection was closed without an answer")
            self._http.receive_data(piece)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        await close(self._writer)


@contextmanager
def _mapped(fault: type[httpx.NetworkError]) -> Iterator[None]:
    try:
        yield
    except OSError as error:  # what TLS meets is one, too
        raise fault(str(error)) from error
    except UnicodeError as error:  # a label that is too long for any name
        raise fault(str(error)) from gaierror(EAI_NONAME, str(error))

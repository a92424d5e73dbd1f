"""HTTP/1.1 over TCP or TLS, on a port of its own that stays while the server is away.

It can be stopped (refuses connections, ends those that are open), and frozen (accepts, and answers
nothing: not even the TLS handshake goes on), as a real one was by SIGKILL and SIGSTOP.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Final

import h11

from tests.support.kubernetes.answers import StatusError, too_large
from tests.support.kubernetes.faults import Cut
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.requests import Call, parsed
from tests.support.kubernetes.texts import Texts

BODY: Final = 3 * 1024 * 1024
Stream = AsyncGenerator[Json, None]
Handle = Callable[[Call], Awaitable[tuple[int, Json | Stream]]]
"""Raises StatusError, Cut."""


class Server:
    def __init__(self, handle: Handle, context: ssl.SSLContext | None) -> None:
        self._handle, self._context = handle, context
        self.texts = Texts()
        self.port = 0
        self._listening: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: dict[asyncio.Task[None], asyncio.Event] = {}
        self._awake = asyncio.Event()
        self._awake.set()

    async def start(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(128)
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._listening = listening
        self._accepting = asyncio.create_task(self._accept(listening))

    async def stop(self) -> None:
        """From now on connections are refused; `start` opens the same port again."""
        self._awake.set()
        tasks = [*self._tasks, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await asyncio.gather(*tasks, return_exceptions=True)

    def freeze(self) -> None:
        self._awake.clear()

    def thaw(self) -> None:
        self._awake.set()

    def cut_streams(self, *, clean: bool) -> int:
        """End every watch, like a connection lost or, `clean`, like one whose time is over."""
        found = dict(self._streams)
        for task, ended in found.items():
            if clean:
                ended.set()
            else:
                task.cancel()
        return len(found)

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listening)
            task = asyncio.create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(partial(self._served, connection))

    def _served(self, connection: socket.socket, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        connection.close()  # it may have been cancelled before it began

    async def _serve(self, connection: socket.socket) -> None:
        writer: asyncio.StreamWriter | None = None
        try:
            await self._awake.wait()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reader, writer = await _streams(connection, self._context)
            await _Connection(self, reader, writer).serve()
        except (OSError, EOFError, h11.RemoteProtocolError, h11.LocalProtocolError, Cut):
            pass
        finally:
            if writer is None:
                connection.close()
            else:
                writer.transport.abort()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await writer.wait_closed()

    async def awake(self) -> None:
        await self._awake.wait()

    async def handle(self, call: Call) -> tuple[int, Json | Stream]:
        return await self._handle(call)

    @contextlib.contextmanager
    def streaming(self) -> Iterator[asyncio.Event]:
        """The task of now sends a watch, until it is cut or the event is set."""
        task = asyncio.current_task()
        assert task is not None
        ended = self._streams[task] = asyncio.Event()
        try:
            yield ended
        finally:
            del self._streams[task]


class _Connection:
    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._http = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        while (request := await self._next()) is not None:
            assert isinstance(request, h11.Request)
            raw = await self._body()
            headers = {key.decode(): value.decode() for key, value in request.headers}
            call = parsed(request.method.decode(), request.target.decode(), headers, raw)
            await self._answer(call)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _next(self) -> h11.Request | h11.Data | h11.EndOfMessage | None:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = await self._reader.read(65536)
                await self._server.awake()
                self._http.receive_data(data)
            elif isinstance(event, h11.Request | h11.Data | h11.EndOfMessage):
                return event
            else:
                return None

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        while isinstance(event := await self._next(), h11.Data):
            parts.append(bytes(event.data))
        return b"".join(parts)

    async def _answer(self, call: Call) -> None:
        try:
            if len(call.raw) > BODY:
                raise too_large(BODY)
            status, answer = await self._server.handle(call)
        except StatusError as error:
            call.status = error.code
            await self._send(error.code, error.body(), error.headers)
            return
        call.status = status
        if isinstance(answer, dict):
            await self._send(status, answer)
        else:
            with self._server.streaming() as ended:
                await self._stream(answer, ended)

    async def _send(self, status: int, body: Json, headers: Sequence[tuple[str, str]] = ()) -> None:
        raw = self._server.texts.of(body) + b"\n"
        told = [("Content-Type", "application/json"), ("Content-Length", str(len(raw)))]
        told += headers
        await self._write(h11.Response(status_code=status, headers=told))
        await self._write(h11.Data(data=raw))
        await self._write(h11.EndOfMessage())

    async def _stream(self, events: Stream, ended: asyncio.Event) -> None:
        head = [("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
        await self._write(h11.Response(status_code=200, headers=head))
        gone = asyncio.create_task(self._reader.read(1))
        sending = asyncio.create_task(self._events(events))
        over = asyncio.create_task(ended.wait())
        try:
            await asyncio.wait((gone, sending, over), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise Cut
            if sending.done():
                await sending
        finally:
            for task in (gone, sending, over):
                task.cancel()
            await asyncio.gather(gone, sending, over, return_exceptions=True)
        await self._write(h11.EndOfMessage())

    async def _events(self, events: Stream) -> None:
        async with contextlib.aclosing(events) as following:
            async for event in following:
                await self._write(h11.Data(data=self._server.texts.of(event) + b"\n"))

    async def _write(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        await self._server.awake()
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()


async def _streams(
    connection: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(
        lambda: protocol, connection, ssl=context, ssl_handshake_timeout=30 if context else None
    )
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

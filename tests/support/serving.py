"""Servers on the loop of a test that leave no connection open, whenever they end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.support.waiting import accepted

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def closing(serve: Serve) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
    """`serve` as `asyncio.start_server` takes it. A connection that came at the last moment is
    closed also when its task was cancelled before the first step of it."""
    running: set[asyncio.Future[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def ended(task: asyncio.Future[None]) -> None:
            running.discard(task)
            if task.cancelled():
                writer.transport.abort()

        task = asyncio.ensure_future(serve(reader, writer))
        running.add(task)
        task.add_done_callback(ended)

    return begin


def retire(server: asyncio.Server) -> None:
    """Close it, but not between the acceptance of a connection and the making of its transport:
    asyncio would lose the socket then (CPython 3.11, `Server._attach`)."""
    loop = asyncio.get_running_loop()
    for sock in server.sockets:
        loop.remove_reader(sock.fileno())
    loop.call_soon(loop.call_soon, server.close)


@asynccontextmanager
async def listening(server: asyncio.Server) -> AsyncIterator[asyncio.Server]:
    """As `async with server`, and what connected at the last moment is taken."""
    try:
        yield server
    finally:
        retire(server)
        await accepted()

"""Servers on the loop of a test that leave no connection open, whenever they end."""

import asyncio
from collections.abc import Awaitable, Callable

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

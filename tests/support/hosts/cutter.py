"""A TCP proxy that cuts its connections when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Cutter:
    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self.connections = 0
        """So many were made."""

    async def serve(self, one: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError):
            other, there = await asyncio.open_connection("127.0.0.1", self._target)
            self._writers += [back, there]
            await asyncio.gather(_pump(one, there), _pump(other, back))
        back.close()

    def cut(self) -> None:
        """Every connection, in both directions, at once."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(65536):
            to.write(chunk)
            await to.drain()
    to.close()


@asynccontextmanager
async def cutter(target: int) -> AsyncIterator[Cutter]:
    """Before `target`, a port on loopback."""
    one = Cutter(target)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        one.cut()
        server.close()

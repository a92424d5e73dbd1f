"""A tiny app with a `/metrics` page that the test writes (Prometheus text exposition format)."""

import asyncio
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.serving import closing, retire
from tests.support.waiting import accepted


class Exporter:
    """Serves what `set` was told last, on a free loopback port that stays its own.

    `scrapes` counts the pages served since the last `set`.
    """

    def __init__(self) -> None:
        self._metrics: Callable[[], Mapping[str, float]] = dict
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.scrapes = 0

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def set(self, metrics: Mapping[str, float] | Callable[[], Mapping[str, float]]) -> None:
        """`metrics`: series, like `http_errors_total{code="5xx"}`, → value; or what tells them at
        each scrape."""
        self._metrics = metrics if callable(metrics) else lambda: metrics
        self.scrapes = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(closing(self._serve), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """From now on connections are refused; `start` opens the same port again."""
        if self._server is not None:
            retire(self._server)
            self._server = None
            await accepted()
        await asyncio.gather(*self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            lines = (f"{series} {_written(value)}\n" for series, value in self._metrics().items())
            body = "".join(lines).encode()
            head = f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"HTTP/1.1 200 OK\r\nConnection: close\r\n{head}\r\n".encode() + body)
            await writer.drain()
            self.scrapes += 1
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()


def _written(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)

"""`--metrics-listen`: an HTTP page that Prometheus scrapes.

It runs in the event loop of the rollout: one page takes less time than a look. The limits below
protect the rollout from bad or endless requests.
"""

import asyncio
import os
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address

from adapters.telemetry.page import CONTENT_TYPE, Page
from controller.errors import UsageFault
from controller.telemetry.values import Collect, Family

LOOPBACK = "127.0.0.1"
PATH = "/metrics"

MOST = 16
"""Connections at once. A few Prometheus servers and a person need less. One more takes the place of
the one that has not asked for longest; where all have asked, it is closed without an answer."""
LONGEST = timedelta(seconds=5)
"""From the connection to the last byte of the answer."""
HEAD = 8192
"""Bytes of a request's head. Prometheus sends a few hundred."""

_FORM = re.compile(r"(?:(?P<host>[^:\[\]/\s]+|\[[0-9A-Fa-f:.%]+\]):)?(?P<port>[0-9]{1,5})")


def address_of(text: str) -> tuple[str, int]:
    """`ADDRESS:PORT`, `[IPV6]:PORT`, or `PORT` alone, which is at 127.0.0.1. Raises UsageFault."""
    found = _FORM.fullmatch(text)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise UsageFault(
            f"--metrics-listen {text}: write it as PORT or ADDRESS:PORT, like 127.0.0.1:9109, "
            "with a port from 1 to 65535"
        )
    return (found["host"] or LOOPBACK).strip("[]"), int(found["port"])


class MetricsListener:
    """Implements `controller.telemetry.values.Outlet`. HTTP/1.1 (RFC 9112), one request a
    connection: GET or HEAD of `/metrics`."""

    def __init__(self, address: str, longest: timedelta = LONGEST) -> None:
        """Raises UsageFault."""
        self._longest = longest
        self.name = f"--metrics-listen {address}"
        self._host, self._port = address_of(address)
        self._server: asyncio.Server | None = None
        self._page: Page | None = None
        self._talking: dict[asyncio.Task[None], bool] = {}
        """Whether it has asked; the oldest first."""

    @property
    def is_local(self) -> bool:
        """Whether no other machine can reach it."""
        try:
            return ip_address(self._host).is_loopback
        except ValueError:
            return self._host == "localhost"

    async def open(self, collect: Collect) -> None:
        self._page = Page(collect)
        try:
            self._server = await asyncio.start_server(
                self._connected, self._host, self._port, limit=HEAD
            )
        except socket.gaierror as error:
            raise UsageFault(f"{self.name}: {self._host} cannot be resolved") from error
        except OSError as error:
            why = os.strerror(error.errno) if error.errno is not None else str(error)
            raise UsageFault(f"{self.name}: cannot listen there: {why}") from error

    async def give(self) -> str | None:
        return None

    async def add(self, families: Sequence[Family]) -> str | None:
        """Nobody would come in time."""
        return None

    async def aclose(self) -> None:
        if self._server is None:
            return
        self._server.close()
        talking = tuple(self._talking)
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        await self._server.wait_closed()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Creates the task itself: asyncio's own server would report the cancellation by `aclose`
        as an error."""
        if len(self._talking) >= MOST:
            idle = next((one for one, has_asked in self._talking.items() if not has_asked), None)
            if idle is None:
                writer.transport.abort()
                return
            del self._talking[idle]
            idle.cancel()
        task = asyncio.create_task(self._talk(reader, writer))
        self._talking[task] = False
        task.add_done_callback(lambda done: self._talking.pop(done, None))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A client that is too slow, sends too much or no HTTP, or disconnects, gets no answer.
            with suppress(
                TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError
            ):
                async with asyncio.timeout(self._longest.total_seconds()):
                    head = await reader.readuntil(b"\r\n\r\n")
                    if (task := asyncio.current_task()) in self._talking:
                        self._talking[task] = True
                    writer.write(self._answer(head))
                    await writer.drain()
                    writer.close()
                    await writer.wait_closed()
        finally:
            writer.transport.abort()

    def _answer(self, head: bytes) -> bytes:
        words = head.partition(b"\r\n")[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST, b"")
        if words[0] not in (b"GET", b"HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, b"", "Allow: GET, HEAD\r\n")
        is_here = words[1].partition(b"?")[0] == PATH.encode() and self._page is not None
        if not is_here or self._page is None:
            body = f"the metrics are at {PATH}\n".encode()
            return _response(HTTPStatus.NOT_FOUND, body, has_body=words[0] == b"GET")
        return _response(HTTPStatus.OK, self._page.text(), has_body=words[0] == b"GET")


def _response(status: HTTPStatus, body: bytes, more: str = "", *, has_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        f"{more}Connection: close\r\n\r\n"
    )
    return head.encode() + (body if has_body else b"")

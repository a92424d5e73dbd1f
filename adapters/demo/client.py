"""One user's HTTP/1.1 client: keep-alive, and a cookie when it is one that keeps cookies."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

STALE_WITHIN = 0.1
"""Seconds after a request went out on an idle connection, in which its closing is put down to a
race: both sides were at it at once. Later than that, the server gave the request up."""
HEAD_LIMIT = 65_536
BODY_LIMIT = 1_000_000


class NoAnswer(Exception):
    """There was no whole answer; says why."""


class _Stale(Exception):
    """The idle connection was being closed when the request went out."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    version: str | None
    member: str | None


class Client:
    """Asks one request at a time of a port on loopback."""

    def __init__(
        self, port: int, *, keeps_cookie: bool, stale_within: float = STALE_WITHIN
    ) -> None:
        self.cookie: str | None = None
        """The member that the balancer's cookie names."""
        self._port = port
        self._keeps_cookie = keeps_cookie
        self._stale_within = stale_within
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._stale = 0

    async def get(self, path: str) -> Reply:
        """Raises NoAnswer.

        A request that met the closing of its idle connection, before any byte of an answer, is
        sent once more on a fresh one: RFC 9110, section 9.2.2 allows it for GET, and browsers
        do it.
        """
        if self._link and self._link[0].at_eof():
            self.drop()
        fresh = self._link is None
        try:
            return await self._exchange(path, fresh=fresh)
        except _Stale:
            self._stale += 1
            return await self._exchange(path, fresh=True)

    def take_stale(self) -> int:
        """How many requests were sent again since this was last asked."""
        count, self._stale = self._stale, 0
        return count

    def drop(self) -> None:
        if self._link:
            self._link[1].close()
            self._link = None

    async def close(self) -> None:
        link = self._link
        self.drop()
        if link:
            with suppress(OSError):
                await link[1].wait_closed()

    async def _exchange(self, path: str, *, fresh: bool) -> Reply:
        reader, writer = self._link or await self._connect()
        cookie = f"Cookie: SRV={self.cookie}\r\n" if self.cookie else ""
        sent = time.monotonic()
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: demo\r\n{cookie}\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.drop()
            begun = isinstance(error, asyncio.IncompleteReadError) and error.partial
            if begun or isinstance(error, asyncio.LimitOverrunError):
                raise NoAnswer("answer cut short") from error
            if not fresh and time.monotonic() - sent < self._stale_within:
                raise _Stale from error
            raise NoAnswer("closed without an answer") from error
        return await self._finish(head.decode("latin-1"), reader)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            self._link = await asyncio.open_connection("127.0.0.1", self._port, limit=HEAD_LIMIT)
        except OSError as error:
            raise NoAnswer("connection refused") from error
        return self._link

    async def _finish(self, head: str, reader: asyncio.StreamReader) -> Reply:
        try:
            status, headers = _parsed(head)
            length = int(headers["content-length"])
            if not 0 <= length <= BODY_LIMIT:
                raise ValueError(length)
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            self.drop()
            raise NoAnswer("answer cut short") from error
        except (ValueError, KeyError, IndexError) as error:
            self.drop()
            raise NoAnswer("answer not understood") from error
        if headers.get("connection", "").lower() == "close":
            self.drop()
        self._keep_cookie(headers.get("set-cookie", ""))
        return Reply(status, headers.get("x-version"), headers.get("x-member"))

    def _keep_cookie(self, header: str) -> None:
        name, _, value = header.partition(";")[0].partition("=")
        if self._keeps_cookie and name == "SRV" and value:
            self.cookie = value


def _parsed(head: str) -> tuple[int, Mapping[str, str]]:
    line, *rest = head.split("\r\n")
    headers = {}
    for header in rest:
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(line.split(" ")[1]), headers

"""A small HTTP/1.1 server: one member of the demo's pool, in a process of its own.

Imports the standard library alone and nothing of ours, so that it also starts by its path, under
`python -I -S`, in a twentieth of a second. Its state is a JSON file:

    version     read once, at the start: an upgrade is a new file and a new process
    boot_ms     milliseconds from the start to the first connection taken
    health      status of `/health`
    error_ratio share of requests answered 500, at random (`/health` stays as it is)
    fail_every  every so many-th request is answered 500: the same, evenly spread

All but the first two are looked up again when the file is replaced.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HEAD_LIMIT = 16_384
"""Bytes of one request's head; HAProxy sends far less."""
SLOW_DEFAULT = 0.1
"""Seconds that `/slow` takes when it is not told."""
SLOW_LIMIT = 60_000
"""Milliseconds that `/slow` may be asked to take."""
BACKLOG = 256


class State:
    """The state file, read again when it is another one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._values: dict[str, Any] = {}
        self.refresh()
        self.version = str(self._values.get("version", "v1"))
        self.boot = float(self._values.get("boot_ms", 0)) / 1000
        self._served = 0

    def refresh(self) -> None:
        found = self._path.stat()
        if self._stamp != (stamp := (found.st_ino, found.st_mtime_ns)):
            self._values = json.loads(self._path.read_text())
            self._stamp = stamp

    @property
    def health(self) -> int:
        return int(self._values.get("health", 200))

    def next_fails(self) -> bool:
        """Whether the request now to be answered is one of those that fail."""
        self._served += 1
        every = int(self._values.get("fail_every", 0))
        if every and self._served % every == 0:
            return True
        return random.random() < float(self._values.get("error_ratio", 0))


class Connection(asyncio.Protocol):
    """One client: requests are answered in turn, each whole before the next is looked at."""

    def __init__(self, name: str, state: State, open_ones: set["Connection"]) -> None:
        self._name = name
        self._state = state
        self._open_ones = open_ones
        self._buffer = b""
        self._pending: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_ones.discard(self)
        if self._pending:
            self._pending.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._pending is None:
            self._next()

    def abort(self) -> None:
        self._transport.abort()

    def _next(self) -> None:
        self._pending = None
        while not self._transport.is_closing():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                if len(head) > HEAD_LIMIT:
                    self._answer(431, "head too long", close=True)
                return
            self._buffer = rest
            self._pending = self._take(head.decode("latin-1"))
            if self._pending:
                return

    def _take(self, head: str) -> asyncio.TimerHandle | None:
        """Answer one request, or return the timer that will."""
        line, *headers = head.split("\r\n")
        words = line.split(" ")
        if len(words) != 3 or words[0] != "GET":
            self._answer(405, "GET only", close=True)
            return None
        close = any(h.lower().replace(" ", "") == "connection:close" for h in headers)
        url = urlsplit(words[1])
        self._state.refresh()
        version = self._state.version
        if url.path == "/health":
            self._answer(self._state.health, version, close=close)
            return None
        status = 500 if self._state.next_fails() else 200
        if url.path != "/slow":
            self._answer(status, version, close=close)
            return None
        wanted = parse_qs(url.query).get("ms", [""])[0]
        delay = min(int(wanted), SLOW_LIMIT) / 1000 if wanted.isdecimal() else SLOW_DEFAULT
        answer = partial(self._answer_late, status, version, close=close)
        return asyncio.get_running_loop().call_later(delay, answer)

    def _answer_late(self, status: int, text: str, *, close: bool) -> None:
        self._answer(status, text, close=close)
        self._next()

    def _answer(self, status: int, text: str, *, close: bool) -> None:
        """The reason phrase may be empty (RFC 9112, section 4)."""
        body = f"{text}\n"
        lines = [
            f"HTTP/1.1 {status} ",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            f"X-Version: {self._state.version}",
            f"X-Member: {self._name}",
            *(["Connection: close"] if close else []),
        ]
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        if close:
            self._transport.close()


def listen(port: int) -> socket.socket:
    """A listening socket on loopback. It shares its port with a socket that merely reserves it
    (socket(7), SO_REUSEPORT)."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


def watch(lifeline: Path, end: asyncio.Event) -> None:
    """Set `end` when the last process that holds the FIFO `lifeline` open for writing is gone,
    however it went (fifo(7))."""
    line = os.open(lifeline, os.O_RDONLY | os.O_NONBLOCK)

    def look() -> None:
        if not os.read(line, 1):
            end.set()
            asyncio.get_running_loop().remove_reader(line)

    try:
        look()
    except BlockingIOError:
        asyncio.get_running_loop().add_reader(line, look)


async def serve(name: str, port: int, state: State, lifeline: Path | None) -> None:
    """Serve until SIGTERM, or until the lifeline ends; then cut everything at once."""
    loop = asyncio.get_running_loop()
    end = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    if lifeline:
        watch(lifeline, end)
    with suppress(TimeoutError):
        await asyncio.wait_for(end.wait(), state.boot)
        return
    open_ones: set[Connection] = set()
    server = await loop.create_server(
        lambda: Connection(name, state, open_ones), sock=listen(port), backlog=BACKLOG
    )
    await end.wait()
    server.close()
    for connection in list(open_ones):
        connection.abort()
    await asyncio.sleep(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="app", description="One member of the demo's pool.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--lifeline", type=Path, help="end when nobody holds this FIFO any more")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.name, given.port, State(given.state), given.lifeline))
    except (OSError, ValueError) as error:
        sys.exit(f"{given.name}: {error}")


if __name__ == "__main__":
    main()

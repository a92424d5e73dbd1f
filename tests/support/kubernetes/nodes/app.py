"""A small HTTP/1.1 server: what runs in a pod, in the loop of its node or in a process of its own.

Imports the standard library alone and nothing of ours, so that it also starts by its path, under
`python -I -S`. What it does is told by the tag of its image and by the pod's environment, which
comes first:

    tag part    environment      does
    (first)     APP_VERSION      version that it answers with: `web:v2-fail10` is version v2
    fail10      APP_FAIL         percent of requests answered 500, evenly spread
    start300    APP_START_MS     milliseconds from the start to the first connection taken
    slow50      APP_SLOW_MS      milliseconds that each answer takes
    crash500    APP_CRASH_MS     exits with 1 so many milliseconds after its start
    oom500      APP_OOM_MS       is killed, as for want of memory, so many milliseconds after it
    exit500     APP_EXIT_MS      ends, with APP_EXIT_CODE (0), so many milliseconds after it
    unready     APP_UNREADY=1    readiness is answered 503
    graceful    APP_GRACEFUL=1   on SIGTERM finishes what is in flight; otherwise ends at once

`/health`, `/healthz`, `/ready` and `/readyz` are readiness; `/slow?ms=200` takes its time;
`/metrics` has the requests by status code; everything else is a user's request.
"""

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

HEAD_LIMIT = 16_384
"""Bytes of one request's head."""
SLOW_LIMIT = 60_000
"""Milliseconds that `/slow` may be asked to take."""
READINESS = frozenset({"/health", "/healthz", "/ready", "/readyz"})
PART = re.compile(r"([a-z]+)(\d*)")
NAMES = {
    "fail": "APP_FAIL",
    "start": "APP_START_MS",
    "slow": "APP_SLOW_MS",
    "crash": "APP_CRASH_MS",
    "oom": "APP_OOM_MS",
    "exit": "APP_EXIT_MS",
    "unready": "APP_UNREADY",
    "graceful": "APP_GRACEFUL",
}
KILLED = 137
"""The exit code of a process that was killed."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one pod's app does."""

    version: str = "v1"
    fail: float = 0.0
    """Percent."""
    start: float = 0.0
    """Seconds, as the others below; None means never."""
    slow: float = 0.0
    crash: float | None = None
    oom: float | None = None
    leave: float | None = None
    exit_code: int = 0
    unready: bool = False
    graceful: bool = False

    @classmethod
    def of(cls, image: str, env: Mapping[str, str]) -> Self:
        _, _, tag = image.rpartition("/")[2].partition(":")
        first, *parts = tag.split("-")
        values = {"APP_VERSION": first or "v1"}
        for part in parts:
            if (found := PART.fullmatch(part)) and (name := NAMES.get(found[1])):
                values[name] = found[2] or "1"
        values |= env

        def seconds(name: str) -> float | None:
            return float(values[name]) / 1000 if name in values else None

        return cls(
            values["APP_VERSION"],
            float(values.get("APP_FAIL", 0)),
            seconds("APP_START_MS") or 0.0,
            seconds("APP_SLOW_MS") or 0.0,
            seconds("APP_CRASH_MS"),
            seconds("APP_OOM_MS"),
            seconds("APP_EXIT_MS"),
            int(values.get("APP_EXIT_CODE", 0)),
            values.get("APP_UNREADY", "0") != "0",
            values.get("APP_GRACEFUL", "0") != "0",
        )


@dataclass(eq=False, slots=True)
class App:
    """One server, at one address. `ended` is called once, with its exit code."""

    name: str
    host: str
    port: int
    does: Behaviour
    ended: Callable[[int], None]
    retire: Callable[[asyncio.Server], None] = asyncio.Server.close
    """Closes the port."""
    answered: Counter[int] = field(default_factory=Counter)
    links: set["Link"] = field(default_factory=set)
    _due: float = 0.0
    _server: asyncio.Server | None = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)
    is_over: bool = False
    _stopping: bool = False

    def start(self) -> None:
        """Begins to start; it takes connections when its start time is over."""
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(self.does.start, self._open))
        for after, code in ((self.does.crash, 1), (self.does.oom, KILLED)):
            if after is not None:
                self._timers.append(loop.call_later(after, self.kill, code))
        if self.does.leave is not None:
            self._timers.append(loop.call_later(self.does.leave, self.kill, self.does.exit_code))

    def _open(self) -> None:
        task = asyncio.ensure_future(self._listen())
        task.add_done_callback(self._opened)

    def _opened(self, done: "asyncio.Task[None]") -> None:
        if done.cancelled() or done.exception() is not None:
            self.kill(1)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Link(self), self.host, self.port, backlog=256)
        if self.is_over or self._stopping:
            server.close()
            return
        self._server = server

    def terminate(self) -> None:
        """SIGTERM."""
        if not self.does.graceful:
            self.kill(0)
        elif not self.is_over:
            self._stopping = True
            if self._server:
                self.retire(self._server)
            self.check_idle()

    def check_idle(self) -> None:
        """When it is stopping: closes what is idle, and ends with the last answer."""
        if self._stopping and not self.is_over:
            for link in [one for one in self.links if not one.busy]:
                link.close()
            if not any(one.busy for one in self.links):
                self.kill(0)

    def kill(self, code: int = KILLED) -> None:
        """Ends now; connections are cut."""
        if self.is_over:
            return
        self.is_over = True
        for timer in self._timers:
            timer.cancel()
        if self._server:
            self.retire(self._server)
        for link in list(self.links):
            link.abort()
        self.ended(code)

    def next_status(self) -> int:
        self._due += self.does.fail / 100
        if self._due < 1:
            return 200
        self._due -= 1
        return 500


class Link(asyncio.Protocol):
    """One client: requests are answered in turn."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._app.links.add(self)
        if self._app.is_over:  # it was accepted at the last moment
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._app.links.discard(self)
        self.busy = False
        if self._timer:
            self._timer.cancel()
        self._app.check_idle()

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.busy:
            self._next()

    def _next(self) -> None:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            if len(self._buffer) > HEAD_LIMIT:
                self.abort()
            return
        self._buffer = rest
        self.busy = True
        path, _, query = head.split(b" ", 2)[1].decode("latin-1").partition("?")
        wait = self._app.does.slow if path not in READINESS else 0.0
        if path == "/slow":
            wait += _asked(query)
        if wait:
            self._timer = asyncio.get_running_loop().call_later(wait, self._answer, path, head)
        else:
            self._answer(path, head)

    def _answer(self, path: str, head: bytes) -> None:
        app = self._app
        body = f"{app.does.version}\n"
        if path in READINESS:
            status = 503 if app.does.unready else 200
        elif path == "/metrics":
            status, body = 200, metrics(app.answered)
        else:
            status = app.next_status()
            app.answered[status] += 1
        close = b"\r\nconnection: close" in head.lower()
        lines = (
            f"HTTP/1.1 {status} ",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            f"X-Version: {app.does.version}",
            f"X-Member: {app.name}",
            *(["Connection: close"] if close or app._stopping else []),
        )
        assert self._transport is not None
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        self.busy = False
        if close:
            self.close()
        app.check_idle()
        if self._buffer and not self._transport.is_closing():
            self._next()


def metrics(answered: Mapping[int, int]) -> str:
    """In the text format of Prometheus."""
    name = "http_requests_total"
    lines = [f'{name}{{code="{code}"}} {count}\n' for code, count in sorted(answered.items())]
    return f"# TYPE {name} counter\n" + "".join(lines)


def _asked(query: str) -> float:
    """Seconds that `/slow` shall take."""
    wanted = query.removeprefix("ms=")
    return min(int(wanted), SLOW_LIMIT) / 1000 if wanted.isdecimal() else 0.1


async def _serve(name: str, host: str, port: int, image: str) -> int:
    over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    app = App(name, host, port, Behaviour.of(image, os.environ), over.set_result)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.terminate)
    app.start()
    return await over


def main() -> None:
    """`app.py NAME HOST PORT IMAGE`"""
    name, host, port, image = sys.argv[1:]
    code = asyncio.run(_serve(name, host, int(port), image))
    if code == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit(code)


if __name__ == "__main__":
    main()

"""Starting one pod's app: in this loop, or as a process of its own; and asking its readiness."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.support.kubernetes.nodes import app
from tests.support.kubernetes.nodes.app import App, Behaviour
from tests.support.serving import retire

Json = dict[str, Any]
PORT = 8080
"""Where a pod listens that names no port."""


class Running(Protocol):
    """An app that was started; `ended` has its exit code when it is over."""

    ended: asyncio.Future[int]

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Inside:
    """In this loop."""

    def __init__(self, name: str, host: str, port: int, does: Behaviour) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._app = App(name, host, port, does, self._over, retire)
        self._app.start()

    def _over(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)

    def terminate(self) -> None:
        self._app.terminate()

    def kill(self) -> None:
        self._app.kill()


class Process:
    """A real process."""

    def __init__(self, started: asyncio.subprocess.Process) -> None:
        self._process = started
        self.ended: asyncio.Future[int] = asyncio.ensure_future(self._code())

    @classmethod
    async def start(
        cls, name: str, host: str, port: int, image: str, env: Mapping[str, str]
    ) -> "Process":
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(Path(app.__file__)), name, host, str(port), image),
            env={**kept, **env},
            stdin=asyncio.subprocess.DEVNULL,
        )
        return cls(started)

    async def _code(self) -> int:
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)


def environment(container: Json) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container.get("env", [])}


def behaviour(pod: Json) -> Behaviour:
    container = pod["spec"]["containers"][0]
    return Behaviour.of(container["image"], environment(container))


def port_of(pod: Json) -> int:
    ports = pod["spec"]["containers"][0].get("ports", [])
    return int(ports[0]["containerPort"]) if ports else PORT


async def launch(pod: Json, host: str, *, process: bool) -> Running:
    """Raises OSError."""
    name, port = pod["metadata"]["name"], port_of(pod)
    if not process:
        return Inside(name, host, port, behaviour(pod))
    container = pod["spec"]["containers"][0]
    return await Process.start(name, host, port, container["image"], environment(container))


@dataclass(frozen=True, slots=True)
class Probe:
    """A readiness probe; `pace` shortens its periods."""

    ask: Callable[[], Awaitable[bool]]
    delay: float
    period: float
    successes: int
    failures: int


def readiness(pod: Json, host: str, pace: float) -> Probe | None:
    """None without a probe: then a container is ready when it runs."""
    found = pod["spec"]["containers"][0].get("readinessProbe")
    if found is None:
        return None
    limit = float(found.get("timeoutSeconds", 1))
    asks = found.get("httpGet") or found.get("tcpSocket")
    path = found.get("httpGet", {}).get("path", "/")

    async def ask() -> bool:
        if asks is None:  # a command, which we cannot run
            return True
        port = asks["port"] if isinstance(asks["port"], int) else port_of(pod)
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(limit):
                return await _answers(host, port, path if "httpGet" in found else "")
        return False

    return Probe(
        ask,
        float(found.get("initialDelaySeconds", 0)) * pace,
        float(found.get("periodSeconds", 10)) * pace,
        int(found.get("successThreshold", 1)),
        int(found.get("failureThreshold", 3)),
    )


async def _answers(host: str, port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        if not path:
            return True
        writer.write(f"GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readuntil(b"\r\n")).split(b" ")[1])
        return 200 <= status < 400
    finally:
        writer.close()

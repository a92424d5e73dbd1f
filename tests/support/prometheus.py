"""A real Prometheus on a free loopback port, which a test may freeze, kill and start anew."""

import asyncio
import json
import os
import shutil
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.waiting import until

_READY = "Server is ready to receive web requests"
_STARTS = 5
"""Tries to start: the free port that was found may be taken before Prometheus listens there."""


def prometheus_binary() -> Path:
    found = shutil.which("prometheus")
    if found is None:
        pytest.fail("no prometheus on PATH: install the system's package `prometheus`")
    return Path(found)


class RealPrometheus:
    """Scrapes `targets` (job → addresses) every `interval`, and evaluates `rules` as often.

    Rules are evaluated at once, but the first scrape comes five seconds after the start: its
    discovery of targets sends them on at that interval, which no option changes. Where a series
    from a recording rule will do, take one.

    `rules` are one group's, as in a rule file. `prefix` is that of all its routes. `web` is a
    `--web.config.file`, for TLS and passwords. Lookback is Prometheus' default unless given.
    """

    def __init__(
        self,
        folder: Path,
        targets: Mapping[str, Sequence[str]],
        *,
        interval: str = "1s",
        rules: Sequence[Mapping[str, object]] = (),
        prefix: str = "",
        web: Mapping[str, object] | None = None,
        lookback: str = "5m",
    ) -> None:
        self._folder = folder
        self._targets = targets
        self._interval = interval
        self._rules = rules
        self._prefix = prefix
        self._web = web
        self._lookback = lookback
        self._process: Process | None = None
        self.port = 0

    @property
    def url(self) -> str:
        scheme = "https" if self._web and "tls_server_config" in self._web else "http"
        return f"{scheme}://127.0.0.1:{self.port}{self._prefix}"

    @property
    def _log(self) -> Path:
        return self._folder / "prometheus.log"

    async def start(self) -> None:
        """Returns when it answers queries. The port is the same each time."""
        self._write()
        is_first = self.port == 0
        for _ in range(_STARTS):
            self.port = _free_port() if is_first else self.port
            if await self._started():
                return
            if not is_first or "address already in use" not in self._log.read_text():
                break
        raise AssertionError(f"prometheus did not start:\n{self._log.read_text()}")

    async def kill(self) -> None:
        """At once, as a crash would."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None

    async def restart_empty(self) -> None:
        """Killed, and started without anything it had scraped."""
        await self.kill()
        shutil.rmtree(self._folder / "data")
        await self.start()

    def set_rules(self, *rules: Mapping[str, object]) -> None:
        """These and no others, soon: it reads its files again (SIGHUP), or when it is started."""
        self._rules = rules
        if self._process is not None:
            self._write()
            self._signal(signal.SIGHUP)

    def freeze(self) -> None:
        """It keeps its port and its connections, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def _started(self) -> bool:
        (self._folder / "data").mkdir(exist_ok=True)
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                prometheus_binary(),
                f"--config.file={self._folder / 'prometheus.json'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                f"--web.route-prefix={self._prefix or '/'}",
                f"--query.lookback-delta={self._lookback}",
                *([f"--web.config.file={self._folder / 'web.json'}"] if self._web else []),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "GOMAXPROCS": "1"},
            )
        process = self._process

        def settled() -> bool:
            return process.returncode is not None or _READY in self._log.read_text()

        await until(settled, within=30, what="prometheus to be ready", every=0.02)
        return process.returncode is None

    def _write(self) -> None:
        """JSON, which is YAML."""
        jobs = [
            {"job_name": job, "static_configs": [{"targets": list(addresses)}]}
            for job, addresses in self._targets.items()
        ]
        rules = {"groups": [{"name": "tests", "rules": list(self._rules)}]} if self._rules else {}
        settings = {
            "global": {
                "scrape_interval": self._interval,
                "scrape_timeout": self._interval,
                "evaluation_interval": self._interval,
            },
            "rule_files": [str(self._folder / "rules.json")],
            "scrape_configs": jobs,
        }
        for name, page in (("prometheus", settings), ("rules", rules), ("web", self._web)):
            (self._folder / f"{name}.json").write_text(json.dumps(page))

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.kill()


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port

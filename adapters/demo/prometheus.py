"""A real Prometheus on a free loopback port, which may be frozen, killed and started again."""

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

from adapters.demo import frozen
from adapters.demo.haproxy import die_with
from adapters.demo.waiting import until
from controller.errors import PoolrollError

_READY = "Server is ready to receive web requests"
_STARTS = 5
"""Tries to start: the free port that was found may be taken before Prometheus listens there."""


def find_prometheus() -> Path | None:
    """The one on PATH, if there is one."""
    found = shutil.which("prometheus")
    return None if found is None else Path(found)


class PrometheusProcess:
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
        self._interval = self._timeout = interval
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
        """Returns when it answers queries. The port is the same each time. Raises PoolrollError."""
        self._write()
        is_first = self.port == 0
        for _ in range(_STARTS):
            self.port = _free_port() if is_first else self.port
            if await self._started():
                return
            if not is_first or "address already in use" not in self._log.read_text():
                break
        raise PoolrollError(f"prometheus did not start:\n{self._log.read_text()}")

    async def kill(self) -> None:
        """At once, as a crash would."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            self._process = None

    async def restart_empty(self, interval: str | None = None) -> None:
        """Killed, and started without anything it had scraped, to scrape every `interval` from now
        on; with a long one its head stays empty."""
        await self.kill()
        self._interval = interval or self._interval
        shutil.rmtree(self._folder / "data")
        await self.start()

    def set_rules(self, *rules: Mapping[str, object]) -> None:
        """These and no others, soon: it reads its files again (SIGHUP), or when it is started."""
        self._rules = rules
        if self._process is not None:
            self._write()
            self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """It keeps its port and its connections, and does nothing."""
        frozen.freeze(self._pid)

    def thaw(self) -> None:
        frozen.thaw(self._pid)

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def _started(self) -> bool:
        (self._folder / "data").mkdir(exist_ok=True)
        binary = find_prometheus()
        if binary is None:
            raise PoolrollError("no prometheus on PATH: install the system's package `prometheus`")
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                binary,
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
                preexec_fn=die_with(os.getpid()),
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
        rules = {"groups": [{"name": "rules", "rules": list(self._rules)}]} if self._rules else {}
        settings = {
            "global": {
                "scrape_interval": self._interval,
                "scrape_timeout": self._timeout,
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

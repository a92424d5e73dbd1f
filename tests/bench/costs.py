"""What poolroll itself costs: start, processor time, memory, and how they grow with the pool."""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.demo.haproxy import HaproxyProcess, find_haproxy
from adapters.demo.rollout import to_yaml
from tests.bench.processes import used
from tests.bench.runs import POOLROLL
from tests.support.waiting import until


def start(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(POOLROLL), *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def help_ratio(times: int = 15) -> float:
    """`--help` against an empty Python, each at its quickest: what else the machine does makes
    both slower, and neither quicker."""
    pairs = [
        (_seconds([str(POOLROLL), "--help"]), _seconds([sys.executable, "-c", "pass"]))
        for _ in range(times)
    ]
    return min(ours for ours, _ in pairs) / min(empty for _, empty in pairs)


def _seconds(argv: Sequence[str]) -> float:
    begun = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


@dataclass(frozen=True, slots=True)
class Crowd:
    """A real HAProxy with many servers, nothing behind them, and a rollout file."""

    folder: Path
    file: Path

    @property
    def upgrading(self) -> Path:
        """Made by the upgrade's command as it begins."""
        return self.folder / "upgrading"

    @property
    def state(self) -> Path:
        return self.folder / "state"


@asynccontextmanager
async def crowd(servers: int) -> AsyncIterator[Crowd]:
    with tempfile.TemporaryDirectory(prefix="pr-") as name:
        folder = Path(name)
        (folder / "lb").mkdir()
        endpoint = folder / "lb" / "admin.sock"
        lines = [
            "global",
            f"  stats socket {endpoint} mode 600 level admin expose-fd listeners",
            "  nbthread 1",
            "defaults",
            "  mode http",
            "  timeout connect 1s",
            "  timeout client 1s",
            "  timeout server 1s",
            "backend web",
            *(f"  server web{n} 127.0.0.{1 + n % 200}:{1 + n // 200}" for n in range(servers)),
        ]
        process = HaproxyProcess(find_haproxy(), folder / "lb", "\n".join(lines) + "\n")
        await process.start()
        try:
            one = Crowd(folder, folder / "rollout.yml")
            script = f"touch {one.upgrading}; sleep 5"
            values = {
                "apiVersion": "poolroll/v1",
                "name": "crowd",
                "pool": {"haproxy": {"apis": [f"unix:{endpoint}"], "backends": ["web"]}},
                "drain": {"sticky": "0s"},
                "upgrade": {"command": ["/bin/sh", "-c", script]},
                "validate": [{"command": ["/bin/true"]}],
                "gates": [],
            }
            one.file.write_text(to_yaml(values))
            yield one
        finally:
            await process.stop()


async def plan_seconds(one: Crowd) -> float:
    """Of a whole `plan`, its second of counting requests included."""
    begun = time.monotonic()
    process = start("plan", str(one.file), "--json", "--state", str(one.state))
    assert await asyncio.to_thread(process.wait) == 0, "the plan was refused"
    return time.monotonic() - begun


async def waiting_cost(one: Crowd, during: float = 3.0) -> float:
    """Processor time per second while an upgrade's command runs."""
    process = start("run", str(one.file), "--yes", "--state", str(one.state))
    await until(one.upgrading.exists, 30, "the upgrade to begin")
    before, begun = used(process.pid), time.monotonic()
    await until(lambda: time.monotonic() - begun > during, during + 5, every=0.1)
    after, seconds = used(process.pid), time.monotonic() - begun
    assert before is not None, "poolroll has ended"
    assert after is not None, "poolroll has ended"
    process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(process.wait)
    return (after.cpu - before.cpu) / seconds

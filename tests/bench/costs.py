"""What poolroll itself costs: start, processor time, memory, and how they grow with the pool."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from adapters.demo.haproxy import HaproxyProcess, find_haproxy
from adapters.demo.load import Load
from adapters.demo.rollout import to_yaml
from tests.bench.runs import POOLROLL, bench_world
from tests.support.waiting import until

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """By one process so far: seconds of processor time, and its peak memory in MiB."""

    cpu: float
    peak: float


def used(pid: int) -> Used | None:
    """proc(5): fields 14 and 15 of `stat`, and `VmHWM` of `status`; None when it has ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    if peak is None:  # a zombie
        return None
    return Used((int(after_name[11]) + int(after_name[12])) / TICKS, int(peak.split()[1]) / 1024)


def start(*argv: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(POOLROLL), *argv], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


async def rollout_cost() -> tuple[float, float]:
    """Processor time per second of a rollout, and peak memory in MiB, of `poolroll run`."""
    async with bench_world(4) as world, Load(world.frontends, rate=50):
        upgrade = {"command": [*world.upgrade_argv("v2", takes_ms=50), "--wait"], "unless": None}
        file = world.rollout_file(upgrade=upgrade, soak="2s")
        begun = time.monotonic()
        process = start("run", str(file), "--yes", "--state", str(world.folder / "state"))
        last: list[Used] = []

        def has_ended() -> bool:
            last.extend(filter(None, [used(process.pid)]))
            return process.poll() is not None

        await until(has_ended, 60, "the rollout to end", every=0.05)
        seconds = time.monotonic() - begun
    assert process.returncode == 0, "the rollout did not end well"
    return last[-1].cpu / seconds, last[-1].peak


def help_ratio(times: int = 7) -> float:
    """`--help` against an empty Python, each the median."""
    empty = median(_seconds([sys.executable, "-c", "pass"]) for _ in range(times))
    return median(_seconds([str(POOLROLL), "--help"]) for _ in range(times)) / empty


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
        door = folder / "lb" / "admin.sock"
        lines = [
            "global",
            f"  stats socket {door} mode 600 level admin expose-fd listeners",
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
                "pool": {"haproxy": {"apis": [f"unix:{door}"], "backends": ["web"]}},
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

"""One rollout of a bench: a world, a load, `poolroll run` as a process, and what came of it."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.demo.haproxy import find_haproxy
from adapters.demo.load import Load, Tally
from adapters.demo.world import World
from adapters.storage.store import read_tables
from controller.core import events as e
from controller.journal.codec import decode
from controller.report.plan.json import AtStake, PlanValue
from tests.bench.processes import Used, used

POOLROLL = Path(sys.executable).with_name("poolroll")


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of the journal, with its instant in seconds on the monotonic clock."""

    at: float
    event: Any


@dataclass(frozen=True, slots=True)
class Run:
    exit_code: int
    seconds: float
    """Of the whole process, from its start to its end."""
    events: list[Happened]
    tally: Tally
    began: float
    """When the load began, on the monotonic clock."""
    used: Used
    """By the process, as far as was seen before its end."""
    during: list[float]
    """Latencies of users while it ran, in seconds."""
    around: list[float]
    """The same before and after."""
    stake: Mapping[float, AtStake]
    """What `plan` said before: by the failing ratio; empty when not asked."""

    def of(self, kind: type) -> list[Happened]:
        return [one for one in self.events if isinstance(one.event, kind)]


@asynccontextmanager
async def bench_world(members: int, **shape: Any) -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="pr-") as folder:
        home = Path(folder) / "w"
        home.mkdir()
        async with World(home, members, haproxy=find_haproxy(), **shape) as world:
            yield world


async def measured(
    world: World,
    file: Path,
    *,
    rate: float,
    quiet: float = 0.5,
    sticky: float = 0.3,
    path: str = "/",
    plans: bool = False,
) -> Run:
    """Run the rollout under a load of `rate` requests a second, `quiet` seconds of which come
    before and after; `sticky`: the share of clients with a cookie; `plans`: ask `plan` before."""
    state = world.folder / "state"
    async with Load(world.frontends, rate=rate, sticky_share=sticky, path=path) as load:
        await asyncio.sleep(quiet)
        stake = await _stake(file, state) if plans else {}
        begun, first = time.monotonic(), len(load.tally.latencies)
        process = await asyncio.create_subprocess_exec(
            str(POOLROLL),
            *("run", str(file), "--yes", "--state", str(state)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        uses = asyncio.create_task(used_by(process.pid))
        exit_code = await process.wait()
        seconds, last = time.monotonic() - begun, len(load.tally.latencies)
        await asyncio.sleep(quiet)
    every = list(load.tally.latencies)
    return Run(
        exit_code,
        seconds,
        events_in(state),
        load.tally,
        load.began,
        await uses,
        every[first:last],
        every[:first] + every[last:],
        stake,
    )


async def used_by(pid: int) -> Used:
    last = Used(0, 0)
    while (now := used(pid)) is not None:
        last = now
        await asyncio.sleep(0.05)
    return last


async def _stake(file: Path, state: Path) -> dict[float, AtStake]:
    process = await asyncio.create_subprocess_exec(
        str(POOLROLL),
        *("plan", str(file), "--json", "--state", str(state)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, "the plan was refused"
    return {one.failing_ratio: one for one in PlanValue.model_validate_json(out).at_stake}


def events_in(state: Path) -> list[Happened]:
    with closing(read_tables(state, SystemClock())) as journal:
        (row,) = journal.rollouts()
        return [
            Happened(record.at.total_seconds(), decode(record.kind, record.body))
            for record in journal.records(row.id)
        ]


def step_seconds(run: Run) -> float:
    """What the upgrade commands themselves took, the app's boot included."""
    seconds: list[float] = [one.event.seconds for one in run.of(e.StepEnded)]
    return sum(seconds)

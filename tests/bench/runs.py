"""One rollout of a bench: a world, a load, `poolroll run` as a process, and what came of it."""

import asyncio
import json
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
from adapters.storage.journal import open_state
from controller.core import events as e
from controller.runner.codec import decode

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
    stake: Mapping[float, int | None]
    """What `plan` said before: failing ratio → failed requests at most; empty when not asked."""

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
    world: World, file: Path, *, rate: float, warm_up: float = 0.5, plans: bool = False
) -> Run:
    """Run the rollout under a load of `rate` requests a second; `plans`: ask `plan` before."""
    state = world.folder / "state"
    async with Load(world.frontends, rate=rate, sticky_share=0.3) as load:
        await asyncio.sleep(warm_up)
        stake = await _stake(file, state) if plans else {}
        begun = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            str(POOLROLL),
            *("run", str(file), "--yes", "--state", str(state)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        exit_code = await process.wait()
        seconds = time.monotonic() - begun
        await asyncio.sleep(warm_up)
    return Run(exit_code, seconds, _events(state), load.tally, load.began, stake)


async def _stake(file: Path, state: Path) -> dict[float, int | None]:
    process = await asyncio.create_subprocess_exec(
        str(POOLROLL),
        *("plan", str(file), "--json", "--state", str(state)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, "the plan was refused"
    return {one["failing_ratio"]: one["requests"] for one in json.loads(out)["at_stake"]}


def _events(state: Path) -> list[Happened]:
    with closing(open_state(state, SystemClock(), create=False)) as journal:
        (row,) = journal.rollouts()
        return [
            Happened(record.at.total_seconds(), decode(record.kind, record.body))
            for record in journal.records(row.id)
        ]


def step_seconds(run: Run) -> float:
    """What the upgrade commands themselves took, the app's boot included."""
    seconds: list[float] = [one.event.seconds for one in run.of(e.StepEnded)]
    return sum(seconds)

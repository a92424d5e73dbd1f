"""A state folder in which requests cannot be read: for how long that is tried."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from controller.core.events import Event, JournalSeen, Observation
from controller.core.pool import Instant
from controller.core.state.state import initial
from controller.errors import StateError
from controller.records import Request
from controller.runner.watchers import Watchers
from tests.support.contexts import a_plan
from tests.support.fakes import FakeLoadBalancer
from tests.support.memory_journal import Holdings, MemoryHold, MemoryRequests
from tests.support.scenarios import NAME, ROLLOUT
from tests.support.sim import make_sim
from tests.support.virtual import LoopClock, run_virtually


@dataclass
class Flapping(MemoryRequests):
    """What is asked first succeeds, and what comes next fails after a while."""

    well_for: timedelta
    clock: LoopClock = field(default_factory=LoopClock)
    asked: list[Request] = field(default_factory=list)

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        return ()

    async def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        await self.clock.sleep(self.well_for)
        raise StateError("the disk is full")
        yield


async def given_up_at(well_for: timedelta) -> Instant | None:
    """When the rollout is to halt, within ten minutes."""
    clock, plan = LoopClock(), a_plan(instances=("lb1",))
    state, at = initial(plan), list[Instant]()

    async def post(event: Event | Observation) -> None:
        if isinstance(event, JournalSeen):
            at.append(clock.now())

    watchers = Watchers(
        ROLLOUT,
        plan,
        FakeLoadBalancer(make_sim(3), clock),
        Flapping(well_for),
        MemoryHold(NAME, Holdings()),
        clock,
        None,
        None,
        state=lambda: state,
        post=post,
        wait_for_decisions=clock.sleep,
        wake=lambda: None,
    )
    task = asyncio.create_task(watchers.all()["while requests were followed"]())
    await clock.sleep(timedelta(minutes=10))
    task.cancel()
    return at[0] if at else None


@pytest.mark.parametrize(
    ("well_for", "halts"), [(0, True), (2, True), (9, True), (11, False), (300, False)]
)
def test_one_that_can_be_read_now_and_then(well_for: int, halts: bool) -> None:
    """It has failed since it did first; one that was well for a while fails anew."""
    at = run_virtually(given_up_at(timedelta(seconds=well_for)))
    assert (at is not None) is halts
    if at is not None:
        assert timedelta(seconds=60) <= at <= timedelta(seconds=80)

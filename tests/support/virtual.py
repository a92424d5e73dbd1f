"""Virtual time: hours pass at once, in the same way each time."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import looptime

from controller.core.pool import Instant

T = TypeVar("T")

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LIMIT = timedelta(hours=3)
"""No run takes longer in virtual time; one that would has hung."""


class LoopClock:
    """Implements `controller.ports.Clock` by the time of the running event loop."""

    def now(self) -> Instant:
        return timedelta(seconds=asyncio.get_running_loop().time())

    def wall(self) -> datetime:
        return EPOCH + self.now()

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


def run_virtually(main: Coroutine[Any, Any, T], start: Instant = timedelta(0)) -> T:
    """Run `main` in a loop of its own whose time begins at `start` and jumps from timer to timer.

    Raises asyncio.TimeoutError when `LIMIT` has passed.
    """

    def new_loop() -> asyncio.AbstractEventLoop:
        begin = start.total_seconds()
        end = begin + LIMIT.total_seconds()
        return looptime.new_event_loop(start=begin, end=end, noop_cycles=0)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main)


def stand_still(duration: timedelta) -> None:
    """The process is stopped for so long: time goes on, and nothing is done meanwhile."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, looptime.LoopTimeEventLoop)
    now = loop.time()
    end = now + duration.total_seconds()
    loop.setup_looptime(start=end, end=end + LIMIT.total_seconds(), noop_cycles=0)

"""What waits for decisions is woken by them, or by the time, and forgotten then."""

import asyncio
from datetime import timedelta

import pytest

from controller.runner.waits import Wait, wake, woken
from tests.support.virtual import LoopClock, VirtualLoop, virtually

MINUTE = timedelta(minutes=1)


def timers() -> int:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.pending


@virtually
async def test_woken() -> None:
    """All at once, at that very moment."""
    waits: list[Wait] = []
    tasks = [asyncio.create_task(woken(waits, MINUTE)) for _ in range(2)]
    await asyncio.sleep(1)
    wake(waits)
    await asyncio.gather(*tasks)
    assert (LoopClock().now(), waits, timers()) == (timedelta(seconds=1), [], 0)


@virtually
async def test_until_the_time_is_over() -> None:
    """Nobody wakes it."""
    waits: list[Wait] = []
    await woken(waits, MINUTE)
    assert (LoopClock().now(), waits, timers()) == (MINUTE, [], 0)


@virtually
async def test_cancelled() -> None:
    """It ends as cancelled, also where it was woken at the same moment before."""
    for is_woken in (False, True):
        waits: list[Wait] = []
        task = asyncio.create_task(woken(waits, MINUTE))
        await asyncio.sleep(1)
        if is_woken:
            wake(waits)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (waits, timers()) == ([], 0)

"""Waits that an event ends, or the time: many times a second, hence a future and a timer each."""

import asyncio
from datetime import timedelta

Wait = asyncio.Future[None]


async def woken(waits: list[Wait], most: timedelta) -> None:
    """Until `waits` are woken, or for `most`."""
    loop = asyncio.get_running_loop()
    wait = loop.create_future()
    waits.append(wait)
    timer = loop.call_later(most.total_seconds(), _end, wait)
    try:
        await wait
    finally:
        timer.cancel()
        if wait in waits:
            waits.remove(wait)


def wake(waits: list[Wait]) -> None:
    """All who wait there."""
    for wait in waits:
        _end(wait)
    waits.clear()


def _end(wait: Wait) -> None:
    if not wait.done():
        wait.set_result(None)

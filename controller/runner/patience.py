"""Limits on what an adapter may take, beside the adapter's own: one that never answers must not
keep a rollout from coming to rest."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Final, TypeVar

from controller.core.gates.figures import span

T = TypeVar("T")

LOOK: Final = timedelta(seconds=30)
"""For one look, or one sample of a gate: their own limits are a few seconds."""
LOCK: Final = timedelta(seconds=30)
"""For the question whether the lock is still held."""
MORE: Final = timedelta(minutes=2)
"""For a setting, and on top of the time that a step has by itself."""
WHOLE: Final = timedelta(minutes=30)
"""To prepare a pool as a whole, or put it back; on top of the time of a validation."""


PARTS: Final = 6


class Overdue(Exception):
    """An adapter has not answered in a time in which it always should have."""


async def within(limit: timedelta, call: Awaitable[T]) -> T:
    """Raises Overdue. The time is counted in parts: one in which the whole process stood still is
    one part at most."""
    loop, scope, left = asyncio.get_running_loop(), asyncio.timeout(None), PARTS

    part = limit.total_seconds() / PARTS

    def tick() -> None:
        nonlocal left
        left -= 1
        if left > 0:
            timers.append(loop.call_later(part, tick))
        else:
            scope.reschedule(loop.time())

    timers = [loop.call_later(part, tick)]
    try:
        async with scope:
            return await call
    except TimeoutError:
        if scope.expired():
            raise Overdue(f"no end within {span(limit)}") from None
        raise
    finally:
        timers[-1].cancel()


def is_wanted() -> bool:
    """Whether the present task was cancelled by whoever started it. An adapter may raise a
    cancellation of its own, for one when it waits for something that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

"""Tasks that end only when the run does: one that ended by itself would leave the run blind."""

import asyncio
from collections.abc import Collection


async def until_one_ends(tasks: Collection[asyncio.Task[None]]) -> None:
    """Raises AssertionError, a bug, when one of them has returned, or was cancelled although nobody
    cancelled it: a library may leave a cancellation behind (CPython 3.11, `Task.uncancel`). What
    one of them raises is told by itself."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        if task.cancelled() and not task.cancelling():
            raise AssertionError(f"{task.get_coro()} was cancelled, and nobody did that")
        if not task.cancelled() and task.exception() is None:
            raise AssertionError(f"{task.get_coro()} ended, which it never should")

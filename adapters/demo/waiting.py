"""Waiting for conditions, with a deadline."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from controller.errors import PoolrollError

T = TypeVar("T")


async def until(condition: Callable[[], T], *, within: float, what: str, every: float = 0.005) -> T:
    """Poll `condition` until it is truthy, and return that value.

    `within` and `every` are seconds. Raises PoolrollError, which names `what`, when the time is
    over.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise PoolrollError(f"waited {within:g} s in vain for {what}")
        await asyncio.sleep(every)
    return value

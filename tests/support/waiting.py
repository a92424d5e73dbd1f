"""Waiting for a condition, never for time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

LEAST = 60.0
"""Seconds that a wait is given at least: it is for what comes, not for how soon it does."""
SOON = 0.005
SLOWER, SLOWEST = 1.2, 0.025
"""How the pauses between two looks grow from `SOON`, up to so many seconds: what takes long costs
less."""


@overload
async def until(
    condition: Callable[[], Awaitable[T]],
    within: float = ...,
    what: str = ...,
    *,
    every: float | None = ...,
) -> T: ...


@overload
async def until(
    condition: Callable[[], T],
    within: float = ...,
    what: str = ...,
    *,
    every: float | None = ...,
) -> T: ...


async def until(
    condition: Callable[[], T | Awaitable[T]],
    within: float = LEAST,
    what: str = "the condition to hold",
    *,
    every: float | None = None,
) -> T:
    """Poll `condition`, plain or async, until it is truthy, and return that value.

    `within` and `every` are seconds; a busy machine is given `LEAST` all the same. Raises
    AssertionError, with `what` and the last value, when the time is over; the condition is asked
    at least once.
    """
    within = max(within, LEAST)
    deadline = time.monotonic() + within
    pause = SOON if every is None else every
    while True:
        asked = condition()
        value = await asked if inspect.isawaitable(asked) else asked
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:g} s in vain for {what}; at last: {value!r}")
        await asyncio.sleep(pause)
        pause = min(pause * SLOWER, SLOWEST) if every is None else every


async def accepted() -> None:
    """Let the loop hand over connections that came at the last moment, before a server on it is
    taken for idle."""
    for _ in range(5):
        await asyncio.sleep(0)

"""The states of several members, asked side by side."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

from adapters.scripted.reading import Reading


async def together(questions: Iterable[Coroutine[Any, Any, Reading]]) -> list[Reading]:
    """In the order of the questions. All are waited for; then the first that failed raises its
    error (BalancerError), and not a group of them."""
    found = await asyncio.gather(*questions, return_exceptions=True)
    for reading in found:
        if isinstance(reading, BaseException):
            raise reading
    return [reading for reading in found if isinstance(reading, Reading)]

"""Says whom many answers wait for, where that takes a while."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from controller.ports import Clock

PATIENCE: Final = timedelta(seconds=3)
"""After so long, and again and again, it is said."""

SHOWN: Final = 5
"""Names in that line."""


@asynccontextmanager
async def told_who(
    asking: str, asked: Mapping[str, None], clock: Clock, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """`asked`: who has not answered yet, kept up to date by the caller."""
    telling = asyncio.create_task(_tell(asking, asked, clock, tell))
    try:
        yield
    finally:
        telling.cancel()


async def _tell(
    asking: str, asked: Mapping[str, None], clock: Clock, tell: Callable[[str], None]
) -> None:
    while True:
        await clock.sleep(PATIENCE)
        if asked:
            some = [*asked][:SHOWN]
            more = f" and {len(asked) - SHOWN} more" if len(asked) > SHOWN else ""
            tell(f"{asking}: waiting for {', '.join(some)}{more}")

"""`--deadline`: a run that ends itself in order, before whoever started it ends it otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from controller.cli.signals import Signals
from controller.core.gates.figures import span
from controller.ports import Clock


@asynccontextmanager
async def ended_by(within: timedelta | None, clock: Clock, signals: Signals) -> AsyncIterator[None]:
    """From then on nothing new is begun, and members in hand are brought to rest as after a signal.
    Counted from here; None: no deadline."""
    if within is None:
        yield
        return
    stopping = asyncio.create_task(_stop_after(within, clock, signals))
    try:
        yield
    finally:
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await stopping


async def _stop_after(within: timedelta, clock: Clock, signals: Signals) -> None:
    await clock.sleep(within)
    signals.expire(f"its deadline of {span(within)} is over")

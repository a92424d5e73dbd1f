"""A clock that goes on when the clock of this machine cannot be read: time must pass for a rollout
to come to rest."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from controller.core.pool import Instant
from controller.core.state.parts import ORIGIN
from controller.ports import Clock
from controller.runner.patience import is_wanted

Broke = Callable[[BaseException, str], None]
WHERE = "in the clock"


class SureClock:
    """Implements `controller.ports.Clock` for one run, by the time of its event loop where the real
    clock raises."""

    def __init__(self, clock: Clock, broke: Broke) -> None:
        """`broke`: hears of each error."""
        self._clock = clock
        self._broke = broke
        self._last = ORIGIN
        self._read_at: float | None = None

    def now(self) -> Instant:
        at = asyncio.get_running_loop().time()
        try:
            now = self._clock.now()
        except Exception as error:  # noqa: BLE001 - a bug, whatever it is
            self._broke(error, WHERE)
            passed = at - self._read_at if self._read_at is not None else 0.0
            now = self._last + timedelta(seconds=passed)
        self._last, self._read_at = max(self._last, now), at
        return self._last

    def wall(self) -> datetime:
        return self._clock.wall()

    async def sleep(self, duration: timedelta) -> None:
        try:
            await self._clock.sleep(duration)
        except (Exception, asyncio.CancelledError) as error:
            if is_wanted():
                raise
            self._broke(error, WHERE)
            await asyncio.sleep(duration.total_seconds())

"""The system clocks. The only place that may read the time (ruff bans it elsewhere)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from controller.core.pool import Instant


class SystemClock:
    """Implements `controller.ports.Clock`.

    CLOCK_MONOTONIC counts from the boot for every process alike, so that instants in a journal
    stay comparable until the machine restarts.
    """

    def now(self) -> Instant:
        return timedelta(seconds=time.monotonic())

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())

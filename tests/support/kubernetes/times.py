"""The time of a fake cluster: the loop's, faster by a factor, and moved on by a test at will."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Time:
    """`speed`: seconds of the cluster in one of the loop."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._ahead = 0.0
        self._started = datetime.now(UTC)
        self._from = asyncio.get_running_loop().time()
        self.on_advance: list[Callable[[], None]] = []

    def seconds(self) -> float:
        """Since the cluster was made."""
        return (asyncio.get_running_loop().time() - self._from) * self.speed + self._ahead

    def now(self) -> datetime:
        return self._started + timedelta(seconds=self.seconds())

    def advance(self, seconds: float) -> None:
        """Whoever sleeps for less wakes up now."""
        self._ahead += seconds
        for woken in tuple(self.on_advance):
            woken()

    async def wait(self, event: asyncio.Event, seconds: float | None) -> None:
        """For `event`, at most so long (None: for ever)."""
        if seconds is None:
            await event.wait()
            return
        until = self.seconds() + seconds
        moved = asyncio.Event()
        self.on_advance.append(moved.set)
        waits = [asyncio.ensure_future(one.wait()) for one in (event, moved)]
        try:
            while not event.is_set() and (left := until - self.seconds()) > 0:
                moved.clear()
                if waits[1].done():
                    waits[1] = asyncio.ensure_future(moved.wait())
                await asyncio.wait(
                    waits, timeout=left / self.speed, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            self.on_advance.remove(moved.set)
            for one in waits:
                one.cancel()

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

"""The clocks of another machine, for one process of the command: see `fork_server.CLOCKS`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock


def set_aside(ahead: float, pace: float) -> None:
    """`ahead`: seconds that its civil time and its uptime are ahead of those here; `pace`: so many
    times as fast both go, for a test that waits until a Lease lapses. All that hold one need the
    same pace."""
    began, wall = time.monotonic(), datetime.now(UTC)

    def elapsed() -> float:
        return (time.monotonic() - began) * pace

    def now(_: SystemClock) -> timedelta:
        return timedelta(seconds=began + ahead + elapsed())

    def civil(_: SystemClock) -> datetime:
        return wall + timedelta(seconds=ahead + elapsed())

    def sleep(_: SystemClock, duration: timedelta) -> Awaitable[None]:
        return asyncio.sleep(duration.total_seconds() / pace)

    clock: dict[str, Callable[..., object]] = {"now": now, "wall": civil, "sleep": sleep}
    for name, method in clock.items():
        setattr(SystemClock, name, method)

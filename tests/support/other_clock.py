"""The clocks of another machine, for one process of the command: see `fork_server.CLOCKS`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.clock import SystemClock

DAY = 24 * 3600.0
"""Seconds. An hour behind this very machine would be before its boot while it is young."""


def arrange(text: str) -> None:
    """By what `fork_server.CLOCKS` says."""
    seconds, word = text.split(maxsplit=1)
    if word.startswith("/"):
        set_later(float(seconds), Path(word))
    else:
        set_aside(float(seconds), float(word))


def set_later(ahead: float, when: Path) -> None:
    """Somebody sets the clock: its civil time is ahead by so many seconds from when the file is
    there on. Uptime goes on as ever."""

    def civil(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead if when.exists() else 0)

    change("wall", civil)


def set_aside(ahead: float, pace: float) -> None:
    """`ahead`: seconds that its civil time and its uptime are ahead of those of a machine that has
    been up for a `DAY`; `pace`: so many times as fast both go, for a test that waits until a Lease
    lapses. All that hold one need the same pace."""
    began, wall = time.monotonic(), datetime.now(UTC)

    def elapsed() -> float:
        return (time.monotonic() - began) * pace

    def now(_: SystemClock) -> timedelta:
        return timedelta(seconds=DAY + ahead + elapsed())

    def civil(_: SystemClock) -> datetime:
        return wall + timedelta(seconds=ahead + elapsed())

    def sleep(_: SystemClock, duration: timedelta) -> Awaitable[None]:
        return asyncio.sleep(duration.total_seconds() / pace)

    clock: dict[str, Callable[..., object]] = {"now": now, "wall": civil, "sleep": sleep}
    for name, method in clock.items():
        change(name, method)


def change(name: str, method: Callable[..., object]) -> None:
    setattr(SystemClock, name, method)

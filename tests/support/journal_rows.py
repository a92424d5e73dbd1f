"""Rows of a journal, and when they were written: for the children of tests too, which start in half
of the time without pytest."""

import asyncio
from datetime import UTC, datetime, timedelta

from controller.core.pool import Instant
from controller.records import RolloutRow

WALL = datetime(2026, 11, 22, 10, 3, 11, 250_000, tzinfo=UTC)
AT = timedelta(days=40, microseconds=7)


class FixedClock:
    """Stands still."""

    def now(self) -> Instant:
        return AT

    def wall(self) -> datetime:
        return WALL

    async def sleep(self, duration: timedelta) -> None:
        """As long as a turn of the event loop."""
        await asyncio.sleep(0)


def row(id_: str = "r1", name: str = "web", file: str = "name: web\n") -> RolloutRow:
    started = WALL - timedelta(hours=1)
    return RolloutRow(id_, name, file, "/etc/poolroll/web.yaml", {"version": "2"}, started, "anna")

"""The only source of time."""

from datetime import datetime, timedelta
from typing import Protocol

from controller.core.pool import Instant


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> Instant:
        """Monotonic; the same origin for all processes since the machine booted."""

    def wall(self) -> datetime:
        """The civil time, in UTC, for people and records; of all decisions, only windows hang on
        it."""

    async def sleep(self, duration: timedelta) -> None:
        """At least `duration`; virtual in tests."""

"""For how long a member has been out, where that is a planned outage: from when it is taken out
until it is proven."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.pool import Instant

UNTOLD: Final = -1
"""Not even that it has begun."""


@dataclass(frozen=True, slots=True)
class Outage:
    since: Instant | None = None
    """None: it is not out, or has been proven since."""
    spent: int = UNTOLD
    """Per cent of the time for it, as told last."""
    took: timedelta | None = None
    """How long the last one was."""

    def ended(self, now: Instant) -> "Outage":
        return self if self.since is None else Outage(spent=self.spent, took=now - self.since)


NONE: Final = Outage()

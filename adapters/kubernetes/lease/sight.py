"""Whether the holder of a Lease is alive. Pure.

The age of a record is counted by the reader's own clock from when it saw the record change; the
times in it are the writer's, and decide nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.kubernetes.lease.record import TIME, LeaseRecord
from controller.core.pool import Instant


@dataclass(frozen=True, slots=True)
class Sight:
    """A Lease under observation."""

    record: LeaseRecord
    since: Instant
    """When the record was first seen as it is."""
    is_alive: bool = False
    """It was seen to change since it was first looked at."""

    def has_lapsed(self, now: Instant) -> bool:
        return now - self.since >= self.record.duration

    def seen(self, record: LeaseRecord, now: Instant) -> "Sight":
        """After another look."""
        if _signs(record) == _signs(self.record):
            return Sight(record, self.since, self.is_alive)
        return Sight(record, now, is_alive=True)


def _signs(record: LeaseRecord) -> tuple[str, str, int]:
    """What a renewal changes: anybody may touch the rest."""
    return record.identity, record.renewed, record.transitions


def is_recent(record: LeaseRecord, wall: datetime) -> bool:
    """Whether the writer's clock says that it was renewed just now. A hint, for those who only
    want to know."""
    try:
        renewed = datetime.strptime(record.renewed, TIME).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(wall - renewed) < record.duration

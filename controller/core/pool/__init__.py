"""What load balancers were seen to say: pools, members, counts, and how long requests take."""

from controller.core.pool.found import (
    Found,
    FoundLine,
    LineKey,
    Seat,
    found_in,
    seats_in,
)
from controller.core.pool.timing import Pace, Timing, together
from controller.core.pool.values import (
    FULL,
    Admin,
    Check,
    Counters,
    Health,
    Incarnation,
    InstanceView,
    Instant,
    Line,
    Member,
    Occupant,
    PoolKey,
)

__all__ = [
    "FULL",
    "Admin",
    "Check",
    "Counters",
    "Found",
    "FoundLine",
    "Health",
    "Incarnation",
    "InstanceView",
    "Instant",
    "Line",
    "LineKey",
    "Member",
    "Occupant",
    "Pace",
    "PoolKey",
    "Seat",
    "Timing",
    "found_in",
    "seats_in",
    "together",
]

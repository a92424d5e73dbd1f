"""The values that ports take and give."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from controller.core.plan.abilities import Abilities, ByHand
from controller.core.pool import Found, Incarnation, Instant, LineKey, PoolKey, Seat

Seats = Collection[Seat]
"""Who is meant to be in the member's place, as it was last seen; empty: whoever is there."""

Confirmed = Mapping[str, Incarnation]
"""Instance → the incarnation that showed the setting when it was read back."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one instance means for a rollout, found out before anything is touched.

    Lines are whole, in the balancer's own words, for the operator who reads the plan.
    """

    refusals: tuple[str, ...] = ()
    """Why no rollout may begin here."""
    notes: tuple[str, ...] = ()
    """What an operator should know before it does."""
    abilities: Abilities = field(default_factory=Abilities)
    by_hand: ByHand = field(default_factory=ByHand)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people who are not watching want to know."""

    event: str
    """`started`, `member_done`, `over_budget`, `halted`, `stuck`, `done`, `aborted` or `refused`;
    `heartbeat` while a process has it; `test` where somebody tries out who is told."""
    name: str
    """Of the rollout."""
    rollout: str
    """Its id."""
    wall: datetime
    text: str
    """One line that says all that matters."""
    lines: tuple[str, ...] = ()
    """What stands below it: at a halt, its message."""
    member: str = ""
    exit_code: int | None = None
    also: tuple[str, ...] = ()
    """Events whose hearers want it too, though it is none of them."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    why: str
    """In one line for an operator, without anything secret."""
    retryable: bool
    after: timedelta | None = None
    """How long the receiver asks to be left alone."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal."""

    seq: int
    """Rising within the state folder."""
    rollout: str
    wall: datetime
    at: Instant
    kind: str
    body: str
    """JSON."""
    trouble: str = ""
    """Of a record just written: why the next ones may not be."""
    hash: str = field(default="", compare=False)
    """See `controller.chain`; a former version wrote none."""


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """A rollout as the journal lists it."""

    id: str
    name: str
    file: str
    """The text of the rollout file as it was run."""
    path: str
    sets: Mapping[str, str]
    started: datetime
    by: str
    ended: datetime | None = None
    outcome: str | None = None
    exit_code: int | None = None
    link: str = field(default="", compare=False)
    """The rollout of its name before it, and the hash with which that ended; the journal adds it
    (see `controller.chain`)."""
    pruned: str = ""
    """JSON of what is kept of its records; empty: they are there."""
    before: str = field(default="", compare=False)
    """JSON of what is kept of the rollout that `link` names, where the journal itself has dropped
    that; empty: it is there, or was dropped by a former version."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists say of a rollout, so that nobody reads its records for it. A former version wrote
    none, and one of a rollout that a kill cut off is behind."""

    rollout: str
    seq: int
    """Of the last record that it knows."""
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a rollout after one of its records, so that nobody replays those before it."""

    rollout: str
    seq: int
    """Of that record."""
    hash: str
    """Of that record."""
    body: str
    """JSON."""


class Verb(StrEnum):
    """What an operator asks of a rollout."""

    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    ABORT_RESTORE = "abort --restore"


@dataclass(frozen=True, slots=True)
class Request:
    """What an operator asked of a rollout, whether or not a process works on it."""

    seq: int
    """Rising; the event by which the rollout heard it bears this number."""
    rollout: str
    verb: Verb
    reason: str
    by: str
    wall: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A member that poolroll took out and has not returned yet."""

    key: PoolKey
    member: str
    rollout: str
    found: Found


@dataclass(frozen=True, slots=True)
class Returned:
    """A member that is back as it was found."""

    member: str
    keys: Collection[PoolKey]
    """As its lines have them now; it may have been taken under others."""
    lines: Collection[LineKey] = ()
    """Where its lines are: what was taken there under its name is back, at whatever address."""

    def ends(self, taken: Taken, rollout: str) -> bool:
        """Whether that record is over. `rollout`: the one that returned it."""
        if taken.key in self.keys:
            return True
        is_found = taken.rollout == rollout or any(map(taken.found.at, self.lines))
        return taken.member == self.member and is_found


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a pool."""

    rollout: str
    pid: int
    host: str
    by: str
    since: datetime

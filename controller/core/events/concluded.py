"""What was concluded about a member, by `controller.core.decide`."""

from dataclasses import dataclass
from datetime import timedelta

from controller.core.pool import Found, Member, Seat


@dataclass(frozen=True, slots=True)
class MemberCalled:
    """Its turn has come."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberStoodDown:
    """Its turn was taken back before anything was done to it."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """It came to the pool while the rollout was under way, and belongs to it."""

    joined: Member
    found: Found | None = None
    """Set when it came out of rotation, because of us: it is treated as one that we took out."""

    @property
    def member(self) -> str:
        return self.joined.name


@dataclass(frozen=True, slots=True)
class MemberGone:
    """It left the pool before anything was done to it."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberMoved:
    """Its address is another one, as every line of it shows: what comes next is for that one.
    Before its turn it is asked about and called anew."""

    member: str
    was: str
    seats: tuple[Seat, ...]


@dataclass(frozen=True, slots=True)
class MemberRetired:
    """Its steps have ended, and its place is given up for good: nothing is left to return."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberRenewed:
    """Something else came to the place of a member that was not in hand, and was kept out of
    rotation at once: it has to prove itself."""

    member: str
    found: Found


@dataclass(frozen=True, slots=True)
class MemberRelapsed:
    """A reloaded balancer shows it out again, as this rollout once had it: what was set then was
    kept there, and restored. It is ours once more, and proven anew."""

    member: str
    instance: str
    found: Found
    is_unwritten: bool = False
    """No reload: a process before took it out, and could not write that. The operator has decided
    so."""


@dataclass(frozen=True, slots=True)
class MemberFoundOut:
    """It is out already, and we are the ones who took it out."""

    member: str


@dataclass(frozen=True, slots=True)
class StepsUndone:
    """Its steps had ended well, for another one than is in its place now: they run again."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody else took it out, or it was not reached: left as found, and not upgraded (S8)."""

    member: str
    why: str
    is_unreached: bool = False
    """Skipped, since `unless` did not reach it; in rotation or not, as it was."""


@dataclass(frozen=True, slots=True)
class MemberReturned:
    """Every load balancer shows it in rotation and healthy, at the first step of its ramp where
    it has one: its gates count from here."""

    member: str


@dataclass(frozen=True, slots=True)
class RampEnded:
    """It has its full weight again."""

    member: str


@dataclass(frozen=True, slots=True)
class OutageSpent:
    """So much of the time for its planned outage is used up."""

    member: str
    percent: int
    """0: it begins; at 100, it is over budget."""
    budget: timedelta
    lasted: timedelta


@dataclass(frozen=True, slots=True)
class SoakEnded:
    member: str
    note: str


@dataclass(frozen=True, slots=True)
class MemberFailed:
    """It is out, and stays out."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberKept:
    """It stays where it is, unproven: in rotation, unless somebody else took it out."""

    member: str
    why: str
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class MemberStuck:
    """Its rollback failed too."""

    member: str


@dataclass(frozen=True, slots=True)
class RestoreBegan:
    """`abort --restore`: a member left out is validated and put back."""

    member: str

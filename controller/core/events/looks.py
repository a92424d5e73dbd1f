"""What was seen of the load balancers, of the use of members, of the journal, the windows, our
own errors.

None of it is journalled: after a crash the next look says more than any record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from controller.core.events.vocabulary import Verdict
from controller.core.pool import InstanceView, Instant


@dataclass(frozen=True, slots=True)
class Looked:
    view: InstanceView


@dataclass(frozen=True, slots=True)
class LookFailed:
    instance: str
    at: Instant
    why: str


@dataclass(frozen=True, slots=True)
class UseSeen:
    """Whether a member that is out is still in use, as `drain.idle` says."""

    member: str
    at: Instant
    verdict: Verdict
    """Pass: nobody uses it."""
    detail: str
    """With figures, or what is missing."""


@dataclass(frozen=True, slots=True)
class ProbeSent:
    """A request of our own is about to be sent to a member through a load balancer, which will
    count it as it counts those of users."""

    member: str


@dataclass(frozen=True, slots=True)
class ProbeSeen:
    """What a request of our own to a member has met, which stood in for users."""

    member: str
    passed: bool
    detail: str
    """What was seen, for people."""
    returned_at: Instant | None = None
    """When the member had been returned that it was sent to; None: it was not yet."""


@dataclass(frozen=True, slots=True)
class JournalSeen:
    """Whether the journal takes records."""

    is_late: bool = False
    """It has not taken the last one in time."""
    is_silent: bool = False
    """It has taken nothing for so long that people are told: longer than a busy machine needs."""
    fault: str = ""
    """Why it takes no more, or soon will not."""
    is_unwritten: bool = False
    """It takes no more: what happens from here on is not in it."""
    why: str = ""
    """While it is late: what it says to each try. Empty: it does not answer."""
    is_gone: bool = False
    """It takes no more, and whoever comes after this process does not find it."""

    @property
    def is_well(self) -> bool:
        return not (self.is_late or self.fault)

    def after(self, former: "JournalSeen") -> "JournalSeen":
        """A fault is for good, and the first one stands."""
        return JournalSeen(
            self.is_late,
            self.is_late and (self.is_silent or former.is_silent),
            former.fault or self.fault,
            former.is_unwritten or self.is_unwritten,
            self.why if self.is_late else "",
            former.is_gone or self.is_gone,
        )


@dataclass(frozen=True, slots=True)
class RequestsSeen:
    """Whether the requests of operators can be read."""

    fault: str = ""
    """Why not: a pause would not be heard."""


@dataclass(frozen=True, slots=True)
class WindowSeen:
    """Until when members may be taken up, by the windows of the rollout file and the clock."""

    ends: Instant | None
    """None: without end."""
    takes: timedelta
    """How long one member is expected to take: whoever would not be done by `ends` is not begun."""
    why: str = ""
    """What ends then, for people."""
    opens: str = ""
    """When members may be taken up again, for people; empty: not within a year, or never."""
    opens_at: datetime | None = None
    """That moment."""


@dataclass(frozen=True, slots=True)
class BugSeen:
    """An error that nothing of ours may raise: a bug. The rollout is brought to rest."""

    what: str
    """Which, and where, for people."""


@dataclass(frozen=True, slots=True)
class SightLost:
    """A step of a member was begun, or may have been, and its end can no longer be waited for. It
    stays the open step of its member, for the next run to join."""

    member: str
    why: str

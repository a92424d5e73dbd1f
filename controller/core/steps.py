"""What is to be done: steps, in the imperative.

A step is journalled as `Intended` before it is performed; its outcome is an event of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from controller.core.pool import FULL, Found, Seat


class Course(StrEnum):
    UPGRADE = "upgrade"
    ROLLBACK = "rollback"


class Setting(StrEnum):
    """What a load balancer is told to do with a member."""

    DRAIN = "drain"
    HOLD = "hold"
    CUT = "cut"
    CHECK = "check"
    PUT_BACK = "put back"
    RESTORE = "restore"
    """Put back as it was: its upgrade had not begun."""
    REMOVE = "remove"
    """Out again, after it had been put back or was on its way."""


SNAPSHOT: Final = -1
"""Index of what comes before the first step of an upgrade: the snapshot of the member."""


# --- steps -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetMember:
    """Tell every load balancer what to do with a member."""

    member: str
    setting: Setting
    found: Found | None = None
    """What to record when draining, what to restore when putting back."""
    share: int = FULL
    """Per cent of the found weight; below 100 only when putting back, as a step of a ramp."""
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""


@dataclass(frozen=True, slots=True)
class AskGuard:
    """Run `unless`."""

    member: str
    course: Course
    serial: int
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""


@dataclass(frozen=True, slots=True)
class AskQuestions:
    """Ask what `preflight` asks, of one member."""

    member: str
    course: Course
    attempt: int
    """Of the step that comes first, see `RunStep`. A journal knows steps by their fields."""
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """Run one step of the upgrade (or of the rollback) of a member."""

    member: str
    course: Course
    index: int
    attempt: int
    """Counts executions of this very step, from 0: with the other fields it names a job."""
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""
    found: Found | None = None
    """What to record where the step itself takes the member out of rotation."""
    joins: bool = False
    """Wait for an execution that was begun, and begin none."""
    former: tuple[int, ...] = ()
    """Exit codes of the steps of this course that the member has been through: one of them may ask
    for what a later step does."""
    snapshot: int | None = None
    """Which snapshot of the member is made, or reverted to, counted from 0; None: neither."""
    irreversible: bool = False
    """There is no way back from it, nor from any later step."""

    @property
    def title(self) -> str:
        """What it is called in a sentence."""
        if self.snapshot is None:
            return f"step {self.index + 1}"
        return "the snapshot" if self.index == SNAPSHOT else "the revert"


@dataclass(frozen=True, slots=True)
class Validate:
    member: str
    course: Course
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""
    as_before: bool = False
    """With the values that it ran before the rollout, see `Plan.before`."""


@dataclass(frozen=True, slots=True)
class AskOperator:
    """Ask the operator at the terminal whether to go on with a member."""

    member: str


@dataclass(frozen=True, slots=True)
class Collect:
    """Fetch one of the things that `collect` names from a member at rest. It changes nothing."""

    member: str
    course: Course
    index: int
    beside: str
    """The member that failed: itself, or the one that it is compared with."""
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant; empty: whoever is there."""


@dataclass(frozen=True, slots=True)
class OpenPool:
    """Prepare the pool as a whole, once, before the first member is taken out."""

    course: Course | None = Course.UPGRADE
    """What will be done to the members; None: nothing."""


@dataclass(frozen=True, slots=True)
class ClosePool:
    """Put the pool as a whole back as it was found, when the rollout is over for good."""

    kept: Mapping[str, str]
    """What was found when it was opened, in the adapter's own words."""


PoolStep = OpenPool | ClosePool
MemberStep = SetMember | AskGuard | AskQuestions | RunStep | Validate | AskOperator
Step = MemberStep | PoolStep | Collect

"""The plan of a rollout: which members, in which order, under which limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from controller.core.plan.abilities import ByHand
from controller.core.pool import Member, PoolKey, Seat
from controller.core.settings import OnFailure, Policies
from controller.core.steps import Course


class Purpose(StrEnum):
    """What a rollout is for."""

    UPGRADE = "upgrade"
    REHEARSAL = "rehearsal"
    """Every member out and back, without the upgrade."""
    ROLLBACK = "rollback"
    """To the former version, with the same care."""

    @property
    def course(self) -> Course:
        """What its members go through first."""
        return self.meant_by(Course.UPGRADE)

    def meant_by(self, course: Course) -> Course:
        """The section of the rollout file for a member in `course`: of a way back, all is that."""
        return Course.ROLLBACK if self is Purpose.ROLLBACK else course


@dataclass(frozen=True, slots=True)
class CourseShape:
    """How many steps a direction has, and whether it has `unless`, and questions; the same for all
    members."""

    steps: int
    has_guard: bool = False
    has_questions: bool = False
    saves: bool = False
    """A snapshot of the member is made before the first step."""
    irreversible: int | None = None
    """Index of the first step from which there is no way back."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The input of `decide` that does not change while the rollout runs."""

    name: str
    members: tuple[Member, ...]
    """In the order of their turn."""
    canaries: tuple[str, ...]
    instances: tuple[str, ...]
    backends: tuple[str, ...]
    max_unavailable: int
    min_available: int
    serving: int
    """How many served when the plan was made, including members that we took out earlier."""
    policies: Policies
    upgrade: CourseShape
    rollback: CourseShape | None = None
    purpose: Purpose = Purpose.UPGRADE
    sticky: Mapping[str, str] = field(default_factory=dict)
    """Backends with persistence → what kind."""
    left: Mapping[str, str] = field(default_factory=dict)
    """Members that were out before the rollout → how they were found; left out (S8)."""
    settle: timedelta = timedelta(0)
    """See `Abilities.settle`."""
    pace: timedelta = timedelta(0)
    """See `Abilities.pace`."""
    holds_out: bool = True
    """See `Abilities.holds_out`, and so on."""
    opens: bool = False
    joins: bool = False
    retires: bool = False
    remembers: bool = False
    leak: str = ""
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    """Globs on member names; they decide whether a member that joins belongs to the rollout."""
    by_hand: ByHand = field(default_factory=ByHand)
    collects: int = 0
    """How many things are fetched from a member that failed."""
    seats: Mapping[str, tuple[Seat, ...]] = field(default_factory=dict)
    """Who was in the place of every member of the pool, selected or not, when the plan was made;
    nothing in plans of older versions."""
    keys: tuple[PoolKey, ...] = ()
    """Of the pool, likewise."""
    before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Member → variables that meant something else when an earlier rollout proved it, and which
    neither direction of this one means; nobody, where the journal does not know."""

    def member(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name == name), None)

    @property
    def reverts(self) -> bool:
        """Whether the way back of a failed member is its snapshot."""
        is_upgrade = self.purpose is Purpose.UPGRADE
        return is_upgrade and self.policies.on_failure is OnFailure.REVERT_MEMBER

    def shape(self, *, is_back: bool) -> CourseShape:
        """The shape of the upgrade, or of the rollback if there is one."""
        return self.rollback if is_back and self.rollback is not None else self.upgrade

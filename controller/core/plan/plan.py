"""The plan: what will be done, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from controller.core.plan.abilities import ByHand
from controller.core.pool import Member
from controller.core.settings import Policies


class Purpose(StrEnum):
    """What a rollout is for."""

    UPGRADE = "upgrade"
    REHEARSAL = "rehearsal"
    """Every member out and back, nothing done to it."""
    ROLLBACK = "rollback"
    """To the former version, with the same care."""


@dataclass(frozen=True, slots=True)
class CourseShape:
    """How much there is to do to a member, the same for all of them."""

    steps: int
    has_guard: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that `decide` goes by and that does not change while the rollout runs."""

    name: str
    members: tuple[Member, ...]
    """In the order of their turn."""
    canaries: tuple[str, ...]
    instances: tuple[str, ...]
    backends: tuple[str, ...]
    max_unavailable: int
    min_available: int
    serving: int
    """How many served when the plan was made, those that we took out included."""
    policies: Policies
    upgrade: CourseShape
    rollback: CourseShape | None = None
    purpose: Purpose = Purpose.UPGRADE
    sticky: Mapping[str, str] = field(default_factory=dict)
    """Backends with persistence → what kind."""
    left: Mapping[str, str] = field(default_factory=dict)
    """Members that were out before we came → how they were found; left alone (S8)."""
    settle: timedelta = timedelta(0)
    """See `Abilities.settle`."""
    pace: timedelta = timedelta(0)
    """See `Abilities.pace`."""
    holds_out: bool = True
    """See `Abilities.holds_out`, and so on."""
    opens: bool = False
    joins: bool = False
    retires: bool = False
    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    """Globs on the names of members; they tell whether one that joins belongs to the rollout."""
    by_hand: ByHand = field(default_factory=ByHand)

    def shape(self, *, is_back: bool) -> CourseShape:
        """Of the upgrade, or of the way back where there is one."""
        return self.rollback if is_back and self.rollback is not None else self.upgrade

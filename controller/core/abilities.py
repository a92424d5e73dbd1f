"""What a load balancer can do and how it behaves, in words that fit every kind of one.

Found out once, before anything is touched; nothing here changes during a rollout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

MEMBER: Final = "{member}"
"""Stands for the member's name in `ByHand`."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """Of one instance, or of all of them together."""

    sticky: Mapping[str, str] = field(default_factory=dict)
    """Backends with persistence → what kind, in words."""
    unweighted: Mapping[str, str] = field(default_factory=dict)
    """Backends that take a member at its whole weight or not at all → why, as a sentence about
    them goes on."""
    limits: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(instance, backend, member) → how many sessions it takes at once, where it has a limit."""
    prefers_idle: frozenset[tuple[str, str]] = frozenset()
    """(instance, backend) that prefer members with few requests under way."""
    settle: timedelta = timedelta(0)
    """How long a member that is out must have been seen quiet before nothing can be in flight any
    more; zero where what is in flight is seen as it is."""
    pace: timedelta = timedelta(0)
    """Between two looks, at the least: how cheap a look is."""
    counts: bool = True
    """Whether requests and their errors are counted."""
    cuts: bool = True
    """Whether sessions under way can be closed."""
    floor: int | None = None
    """The fewest members that must serve by a rule of the pool itself; None: it has none."""

    def __or__(self, other: "Abilities") -> "Abilities":
        """Of both together: where they differ, the one that asks for more care."""
        return Abilities(
            {**self.sticky, **other.sticky},
            {**self.unweighted, **other.unweighted},
            {**self.limits, **other.limits},
            self.prefers_idle | other.prefers_idle,
            max(self.settle, other.settle),
            max(self.pace, other.pace),
            self.counts and other.counts,
            self.cuts and other.cuts,
            max((one for one in (self.floor, other.floor) if one is not None), default=None),
        )


@dataclass(frozen=True, slots=True)
class ByHand:
    """What an operator types at a load balancer without poolroll; empty where it is not known."""

    put_back: str = ""
    """To return a member to rotation; `{member}` stands for its name."""
    take_out: str = ""

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
    holds_out: bool = True
    """Whether a member can be held out of rotation while its steps run. Where not, the step itself
    takes it out, and what comes to its place serves as soon as it is healthy."""
    opens: bool = False
    """Whether the pool as a whole has to be prepared, and put back at the end."""
    joins: bool = False
    """Whether what comes to the pool meanwhile belongs to the rollout."""
    retires: bool = False
    """Whether a place may be given up by its upgrade."""
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
            sticky={**self.sticky, **other.sticky},
            unweighted={**self.unweighted, **other.unweighted},
            limits={**self.limits, **other.limits},
            prefers_idle=self.prefers_idle | other.prefers_idle,
            settle=max(self.settle, other.settle),
            holds_out=self.holds_out and other.holds_out,
            opens=self.opens or other.opens,
            joins=self.joins or other.joins,
            retires=self.retires or other.retires,
            pace=max(self.pace, other.pace),
            counts=self.counts and other.counts,
            cuts=self.cuts and other.cuts,
            floor=max((n for n in (self.floor, other.floor) if n is not None), default=None),
        )


@dataclass(frozen=True, slots=True)
class ByHand:
    """What an operator types at a load balancer without poolroll; empty where it is not known."""

    put_back: str = ""
    """To return a member to rotation; `{member}` stands for its name."""
    take_out: str = ""

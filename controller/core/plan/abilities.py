"""Abilities of a load balancer: what it can do and how it behaves, for every kind of pool.

Found out once, before anything is touched; they do not change during a rollout.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

MEMBER: Final = "{member}"
"""Stands for the member's name in `ByHand`."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """Abilities of one instance, or of all together."""

    sticky: Mapping[str, str] = field(default_factory=dict)
    """Backends with persistence → what kind, in words."""
    unweighted: Mapping[str, str] = field(default_factory=dict)
    """Backends that take a member at full weight or not at all → why, as the rest of a sentence
    about them."""
    limits: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(instance, backend, member) → how many sessions it takes at once, where it has a limit."""
    prefers_idle: frozenset[tuple[str, str]] = frozenset()
    """(instance, backend) that prefer members with few requests in flight."""
    settle: timedelta = timedelta(0)
    """How long a member that is out must have been quiet before nothing can be in flight; zero
    where requests in flight can be seen."""
    holds_out: bool = True
    """Whether a member can be held out of rotation while its steps run. Otherwise the step itself
    takes it out, and its new occupant serves as soon as it is healthy."""
    opens: bool = False
    """Whether the pool as a whole must be prepared, and put back at the end."""
    joins: bool = False
    """Whether members that join the pool meanwhile belong to the rollout."""
    retires: bool = False
    """Whether an upgrade may end with its member gone."""
    pace: timedelta = timedelta(0)
    """Shortest interval between two looks."""
    counts: bool = True
    """Whether requests and their errors are counted."""
    cuts: bool = True
    """Whether open sessions can be closed."""
    remembers: bool = False
    """Whether what is set there stays so when it is reloaded or restarted."""
    leak: str = ""
    """Why clients may reach a member although it is out, in the balancer's own words; empty: they
    never do."""
    ordered: tuple[str, ...] = ()
    """Members of which none can be upgraded before those that stand before it; the others can be
    whenever one likes, or have been already."""
    ordered_why: str = ""
    """What that is about, and how it can be otherwise, in the balancer's own words."""
    floor: int | None = None
    """A floor that the pool itself prescribes; None: it has none."""

    def __or__(self, other: "Abilities") -> "Abilities":
        """Both together; where they differ, the more careful one."""
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
            remembers=self.remembers and other.remembers,
            leak=self.leak or other.leak,
            ordered=self.ordered or other.ordered,
            ordered_why=self.ordered_why or other.ordered_why,
            floor=max((n for n in (self.floor, other.floor) if n is not None), default=None),
        )


@dataclass(frozen=True, slots=True)
class ByHand:
    """Commands that an operator types at a load balancer, without poolroll; empty if not known."""

    put_back: str = ""
    """To return a member to rotation; `{member}` stands for its name."""
    take_out: str = ""
    where: str = "on every load balancer"
    """Where they are typed; empty: anywhere, since the command says it itself."""
    put_back_each: Mapping[str, str] = field(default_factory=dict)
    """Member → what returns it, where that differs in more than the name; then there is none of
    the former kind."""
    take_out_each: Mapping[str, str] = field(default_factory=dict)

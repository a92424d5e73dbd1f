"""What the operator asked for: the rollout file as values, before any load balancer was asked.

Templates (`${…}`) are still in place here; `controller.config` fills them for each member.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from math import ceil, floor

from controller.core.gates.gate import Gate, MetricGate
from controller.core.gates.quiet import Quiet


@dataclass(frozen=True, slots=True)
class Amount:
    """A count, or a percentage of some count."""

    value: float
    is_percent: bool = False

    def rounded_down(self, of: int) -> int:
        return floor(self.value * of / 100 + 1e-9) if self.is_percent else int(self.value)

    def rounded_up(self, of: int) -> int:
        return ceil(self.value * of / 100 - 1e-9) if self.is_percent else int(self.value)

    def __str__(self) -> str:
        return f"{self.value:g}%" if self.is_percent else f"{self.value:g}"


class OnTimeout(StrEnum):
    """What a drain does whose work in flight does not end."""

    HALT = "halt"
    CUT = "cut"


class OnFailure(StrEnum):
    HALT = "halt"
    ROLLBACK_MEMBER = "rollback_member"
    ROLLBACK_ALL = "rollback_all"


@dataclass(frozen=True, slots=True)
class DrainPolicy:
    timeout: timedelta = timedelta(minutes=5)
    sticky: timedelta = timedelta(seconds=30)
    on_timeout: OnTimeout = OnTimeout.HALT
    idle: MetricGate | None = field(default=None, repr=False)
    """Passes when nobody uses a member that is out: no step begins before. In no repr: what a
    former version compared of a file must not change."""


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    within: timedelta = timedelta(seconds=60)
    ramp: tuple[int, ...] = ()
    """Percent of the found weight at each step on the way back."""
    hold: timedelta = timedelta(0)


class Order(StrEnum):
    """In which order members come, after the canaries."""

    DOWN_FIRST = "down_first"
    """Those that do not serve: they cost no capacity."""
    LISTED = "listed"
    """As the load balancer lists them."""


@dataclass(frozen=True, slots=True)
class Policies:
    """How careful to be. Everything here is the same for all members."""

    max_unavailable: Amount = field(default_factory=lambda: Amount(1))
    min_available: Amount | None = None
    """None: members found in rotation and healthy at the start, less max_unavailable."""
    wait_for_capacity: timedelta = timedelta(minutes=10)
    lost_after: timedelta = timedelta(seconds=30)
    """How long a load balancer may be unreadable before the rollout halts."""
    drain: DrainPolicy = field(default_factory=DrainPolicy)
    comeback: ReturnPolicy = field(default_factory=ReturnPolicy)
    soak: timedelta = timedelta(seconds=30)
    gates: tuple[Gate, ...] = ()
    quiet: Quiet = field(default=Quiet.HALT, repr=False)
    """What becomes of a member that no user comes to. In no repr, as `DrainPolicy.idle`."""
    on_failure: OnFailure = OnFailure.HALT
    # In no repr: what a former version compared of a file must not change.
    skips: Amount | None = field(default=None, repr=False)
    """How many members that are not reached may be skipped; None: each halts the rollout."""
    order: Order = field(default=Order.DOWN_FIRST, repr=False)
    outage: timedelta | None = field(default=None, repr=False)
    """A planned outage: how long a member may be out at most, until it is proven; None: others
    serve in its place."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which servers of the balancer are members of the rollout."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    expect: int | None = None
    canaries: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    """Names from the command line; empty: all."""
    canaries_only: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    name: str
    pool: object
    """Where the pool is, as its kind has it: opaque here, a value of `controller.pools`."""
    selection: Selection
    policies: Policies
    owner: str = ""
    runbook: str = ""
    vars: Mapping[str, str] = field(default_factory=dict)
    """After `--set`."""
    warnings: tuple[str, ...] = ()
    """What `check` finds questionable but not wrong, one line each."""

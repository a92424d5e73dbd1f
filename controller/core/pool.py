"""Pools, members, and what a load balancer was seen to say about them.

Administrative state (what somebody *set*: ready, draining, out) and health (what is *observed*)
are two things here and are never merged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

FULL: Final = 100
"""Per cent of its found weight: a member that has it is back as it was found."""

Instant = timedelta
"""A moment, as the time since the origin of the clock in use (monotonic, never the wall's)."""


class Admin(StrEnum):
    """The administrative state of a member, as the load balancer reports it."""

    READY = "ready"
    DRAINING = "draining"
    """Takes no balanced traffic; persistent clients may still reach it."""
    OUT = "out"
    """Takes no traffic at all."""


class Health(StrEnum):
    """The operational state of a member, as the load balancer observes it."""

    PASSING = "passing"
    FAILING = "failing"
    UNCHECKED = "unchecked"
    """The balancer has no health check for it, neither its own nor a tracked one."""


@dataclass(frozen=True, slots=True)
class Member:
    """One unit that is upgraded as a whole."""

    name: str
    address: str
    port: int
    host: str = ""
    vars: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counters:
    """Cumulative counts since the worker that reports them started."""

    errors: int = 0
    total: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(self.errors + other.errors, self.total + other.total)

    def since(self, mark: "Counters") -> "Counters":
        """What came after `mark`. A request is counted when it begins, its error when it ends, and
        one that is tried again may fail more than once: what failed was there, at the least."""
        errors = self.errors - mark.errors
        return Counters(errors, max(self.total - mark.total, errors))


@dataclass(frozen=True, slots=True)
class Line:
    """One member in one backend of one load balancer instance."""

    backend: str
    member: str
    address: str
    port: int
    admin: Admin
    health: Health
    weight: int
    """The weight in force that an operator would set (0–256), before any warm-up."""
    in_flight: int
    queued: int
    arrivals: int
    """Cumulative count of sessions that were ever assigned to the member."""
    counters: Counters
    backup: bool = False
    inherited: bool = False
    """Out by configuration, tracking or resolution: setting it ready changes nothing."""
    checked: bool = True
    """The balancer runs its own health check on this very line."""
    tracks: str | None = None
    """`backend/server` whose health this line follows."""
    agent: bool = False
    """An agent check is enabled, which may override what we set."""
    cookie: bool = False
    """Clients may hold a cookie that names this member."""
    warming: bool = False
    """A warm-up (`slowstart`) is still raising its share of traffic."""

    @property
    def is_out(self) -> bool:
        """Whether balanced traffic is kept away by administration: set so, or weight 0."""
        return self.admin is not Admin.READY or self.weight == 0

    @property
    def is_serving(self) -> bool:
        """Whether it counts as capacity: in rotation and healthy, and not a backup."""
        return not self.backup and not self.is_out and self.health is not Health.FAILING

    @property
    def is_quiet(self) -> bool:
        return self.in_flight == 0 and self.queued == 0


@dataclass(frozen=True, slots=True)
class Worker:
    """Which process of a load balancer said so. A reload makes a new one."""

    pid: int
    started: int
    """Seconds since the epoch, give or take one (derived from its uptime)."""

    def is_same(self, other: "Worker") -> bool:
        """Whether both are the same process; uptimes are whole seconds, hence the slack."""
        return self.pid == other.pid and abs(self.started - other.started) <= 2


@dataclass(frozen=True, slots=True)
class InstanceView:
    """What one load balancer instance said at one moment."""

    instance: str
    at: Instant
    """Taken before the question was sent: nothing in here is older."""
    worker: Worker
    lines: tuple[Line, ...]
    """Of every member asked for, in every backend of the pool; all members when `is_full`."""
    is_full: bool
    backends: Mapping[str, Counters] = field(default_factory=dict)
    """Per backend, counters that miss no error (a balancer's own 502–504 are only here)."""
    old_worker: bool | None = None
    """Whether a former worker still serves its last connections; None: it cannot be seen."""

    def of(self, member: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.member == member)


@dataclass(frozen=True, slots=True)
class LineKey:
    """Names a line across all instances."""

    instance: str
    backend: str


@dataclass(frozen=True, slots=True)
class FoundLine:
    """What stood at a line before poolroll first touched it."""

    key: LineKey
    weight: int
    agent: bool = False

    def weighing(self, share: int) -> int:
        """The weight that is `share` per cent of the one found, rounded up: never an invisible
        drain, as 10 % of a weight of 1 would be."""
        return max(1, -(-self.weight * share // 100))


@dataclass(frozen=True, slots=True)
class Found:
    """A member as it was found, which is what is restored (S8). Only members that were in
    rotation are ever taken, so the administrative state restored is always READY."""

    lines: tuple[FoundLine, ...]

    def at(self, key: LineKey) -> FoundLine | None:
        return next((line for line in self.lines if line.key == key), None)


def found_in(lines: Iterable[tuple[str, Line]]) -> Found:
    """What (instance, line) pairs of one member show, as a record to restore it by."""
    return Found(
        tuple(
            FoundLine(LineKey(instance, line.backend), line.weight, line.agent)
            for instance, line in lines
        )
    )

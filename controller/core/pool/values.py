"""Pools, members, and what a load balancer was seen to say about them.

Administrative state (what somebody *set*: ready, draining, out) and health (what is *observed*)
are two things here and are never merged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from controller.core.pool.timing import Timing

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


PoolKey = str
"""Names what a line leads to, whichever way it is reached: rollouts with a key in common work on
the same pool (S10). Made by the adapter, opaque to everybody else."""


class Check(StrEnum):
    """The balancer's own health check of a line."""

    NONE = "none"
    """It has none of its own: unchecked, or its health follows another line's."""
    PAUSED = "paused"
    """Stopped while the line is out."""
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who sits in a member's place now: a member is a place, and what serves there may change."""

    id: str
    """Differs for any two that are not the same, also at the same address."""
    address: str
    port: int
    """0: it has none of its own."""
    revision: str = ""
    """Of what it runs, where the balancer tells."""

    def __str__(self) -> str:
        return f"{self.address}:{self.port}" if self.port else self.address


@dataclass(frozen=True, slots=True)
class Line:
    """One member in one backend of one load balancer instance."""

    backend: str
    member: str
    key: PoolKey
    occupant: Occupant | None
    """None: the place is empty, or who is in it is not known at the moment."""
    admin: Admin
    health: Health
    check: Check
    weight: int = 1
    """The weight in force that an operator would set (0–256), before any warm-up."""
    in_flight: int | None = None
    """Requests or sessions under way or queued; None: not known, which is not zero."""
    in_flight_as: str = ""
    """What that is, in the balancer's own words, where it is neither requests nor sessions."""
    held_up: str = ""
    """What keeps the step that runs on it waiting, for people."""
    role: str = ""
    """What it is to the others, where members differ in that: `active`, as the balancer says."""
    arrivals: int | None = None
    """Cumulative count of sessions that were ever assigned to the member; None: not counted."""
    counters: Counters | None = None
    """None: not counted."""
    measures: Mapping[str, Counters] = field(default_factory=dict)
    """What else is counted, by its name in the rollout file: how many requests, and of how many."""
    timing: Timing | None = None
    """None: how long requests take is not measured."""
    waiting: Timing | None = None
    """How long they wait before they are sent to it; None: nothing there makes them wait."""
    is_backup: bool = False
    is_warming: bool = False
    """A warm-up (`slowstart`) is still raising its share of traffic."""
    out_cuts: bool = False
    """Setting it out may end the sessions that it has, at once."""
    keep: Mapping[str, str] = field(default_factory=dict)
    """What else the balancer has to restore of it, in its own words."""
    is_unresolved: bool = False
    """Its name has no address at the moment: it gets no traffic and no health check, however it is
    set. Nobody did that, and it ends by itself."""
    is_vacant: bool = False
    """An empty slot, which a member may come to fill: as long as it is empty, no member."""
    is_configured_out: bool = False
    """Out, and the balancer's own configuration says so too."""
    is_new: bool = False
    """Out since it came to this place, because of us and unasked: what may be another version must
    not meet users before it has proven itself."""
    is_unset: bool = False
    """In rotation since it came to this place: what was set there was gone with what sat there
    before, and nobody has put this one in."""
    ailment: str = ""
    """What went wrong with what sits there, in the balancer's own words; empty: nothing known."""
    is_going: bool = False
    """What sits there is being taken away by somebody: that it fails its health check is no fault
    of its own. Then the place is gone, or another one comes to it."""

    @property
    def is_out(self) -> bool:
        """Whether balanced traffic is kept away: set so, weight 0, or no address to send it to."""
        return self.admin is not Admin.READY or self.weight == 0 or self.is_unresolved

    @property
    def is_weightless(self) -> bool:
        """In rotation by its state, and no balanced traffic is sent to it."""
        return self.admin is Admin.READY and self.weight == 0

    @property
    def may_be_member(self) -> bool:
        return not self.is_backup and not self.is_vacant

    @property
    def standing(self) -> str:
        """Administrative state and health, for people."""
        if self.is_unresolved:
            return f"{self.admin}, its name has no address"
        return f"{self.admin}, {self.health}"

    @property
    def is_serving(self) -> bool:
        """Whether it counts as capacity: in rotation and healthy, and not a backup."""
        return not self.is_backup and not self.is_out and self.health is not Health.FAILING

    @property
    def may_be_quiet(self) -> bool:
        """Whether nothing is known to be in flight: where it is not known, time has to tell."""
        return not self.in_flight

    @property
    def is_coming(self) -> bool:
        """Whether it waits for its health check on the way back: users do not reach it yet."""
        is_away = self.admin is not Admin.READY and not self.is_unresolved
        return is_away and self.check is not Check.PAUSED

    @property
    def has_passed(self) -> bool:
        """Whether its health check stands in the way of users no longer. Without a check of its
        own, validation stands alone, or the line that it follows speaks for it."""
        if self.is_unresolved:
            return False
        return self.check is Check.NONE or (self.is_coming and self.health is Health.PASSING)


@dataclass(frozen=True, slots=True)
class Incarnation:
    """Which process, or other memory, of a load balancer said so: what is set there is gone with
    it. A reload makes another one."""

    id: str
    started: int
    """Seconds since the epoch, give or take one (it may be derived from an uptime)."""

    def is_same(self, other: "Incarnation") -> bool:
        """Uptimes are whole seconds, hence the slack."""
        return self.id == other.id and abs(self.started - other.started) <= 2

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class InstanceView:
    """What one load balancer instance said at one moment."""

    instance: str
    at: Instant
    """Taken before the question was sent: nothing in here is older."""
    incarnation: Incarnation
    lines: tuple[Line, ...]
    """Of every member asked for, in every backend of the pool; all members when `is_full`."""
    is_full: bool
    backends: Mapping[str, Counters | None] = field(default_factory=dict)
    """Per backend, counters that miss no error (a balancer's own 502–504 are only here); None:
    requests are not counted."""
    lingering: bool | None = None
    """Whether a former incarnation still serves its last connections; None: it cannot be seen."""
    rates: Mapping[str, int] = field(default_factory=dict)
    """Backend → requests that came in the last second, as the balancer itself counts them."""
    frontends: Mapping[str, Counters] = field(default_factory=dict)
    """What users ask of this balancer, whichever backend that leads to. In full views, where it is
    counted."""
    uptime: timedelta | None = None
    """How long this incarnation has been there; None: not known."""
    held: str = ""
    """What of the pool as a whole a rollout has prepared, and what that means, in one line."""
    rival: str = ""
    """What somebody else has changed of it since it was opened, and who, in one line, or empty."""
    pool: PoolKey = ""
    """Of the pool as a whole, where its lines come and go; empty: theirs tell it from others."""

    def of(self, member: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.member == member)

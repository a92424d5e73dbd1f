"""The ports and options of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from controller.config import RolloutFile
from controller.core.events import Event
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.state import State
from controller.ports import (
    Clock,
    Commands,
    Hosts,
    Journal,
    LoadBalancer,
    Lock,
    Requests,
    Tasks,
    Validator,
)
from controller.records import RolloutRow
from controller.runner.sampler import Sources
from controller.secrets import NONE, Secrets
from controller.windows.timetable import Timetable


def _unheard(_: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPorts:
    """The ports of a command that only reads."""

    balancer: LoadBalancer
    tasks: Tasks
    validator: Validator
    journal: Journal | None
    """None: this state folder was never used."""
    requests: Requests | None
    """None likewise."""
    lock: Lock
    clock: Clock
    sources: Sources
    secrets: Secrets = NONE
    """Of the rollout; in no text that leaves the process."""
    folder: str = ""
    """The state folder, unless it is the default."""
    hosts: Hosts | None = None
    """Looks at the hosts that steps go to by ssh; None: nobody does."""
    tell: Callable[[str], None] = _unheard
    """Says what is waited for before a run begins."""


class JournalPorts(Protocol):
    """What it takes to end a rollout whose load balancers are not known."""

    @property
    def journal(self) -> Journal: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def by(self) -> str: ...
    @property
    def secrets(self) -> Secrets: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports(ReadPorts):
    """The ports of one run."""

    journal: Journal
    requests: Requests
    commands: Commands
    """For notices."""
    by: str
    """The operator, for records."""
    show: Callable[[Sequence[str]], None] | None = None
    """Prints the lines of a halt that comes to rest late, without waiting for who reads them."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of the command line."""

    only: tuple[str, ...] = ()
    canaries_only: bool = False
    stepwise: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Gate → the operator's reason to override it."""
    new: bool = False
    reason: str = ""
    ticket: str = ""
    is_verbose: bool = False
    """The plan shows the commands of each member."""
    is_of_all: bool = False
    """A rollback of every member, to what the rollout file says, whatever the journal knows."""
    ignores_windows: str = ""
    """The operator's reason to run outside of the windows; empty: it does not."""
    this_machine: bool = False
    """The machine that poolroll runs on may be a member."""
    purpose: Purpose = Purpose.UPGRADE


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to run; nothing was touched yet."""

    row: RolloutRow
    plan: Plan
    state: State
    first: tuple[Event, ...]
    file: RolloutFile
    is_new: bool
    abandoned: RolloutRow | None
    timetable: Timetable | None = None
    """None: members may be taken up at any time."""

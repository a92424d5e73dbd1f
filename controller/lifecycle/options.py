"""What one run is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from controller.core.events import Event
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.state import State
from controller.ports import (
    Clock,
    Commands,
    Journal,
    LoadBalancer,
    Lock,
    Requests,
    RolloutRow,
    Tasks,
    Validator,
)
from controller.preflight.survey import Findings
from controller.runner.sampler import Sources


@dataclass(frozen=True, slots=True)
class World:
    """The ports of one run."""

    balancer: LoadBalancer
    tasks: Tasks
    commands: Commands
    """For notices."""
    validator: Validator
    journal: Journal
    requests: Requests
    lock: Lock
    clock: Clock
    sources: Sources
    by: str
    folder: str = ""
    """The state folder, where commands would not look there by themselves."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for, beyond the file."""

    only: tuple[str, ...] = ()
    canaries_only: bool = False
    stepwise: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    new: bool = False
    purpose: Purpose = Purpose.UPGRADE


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to run; nothing was touched yet."""

    row: RolloutRow
    plan: Plan
    state: State
    first: tuple[Event, ...]
    found: Findings
    is_new: bool
    abandoned: RolloutRow | None
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    """Gate → the scrape interval of its metrics system, as it was seen."""

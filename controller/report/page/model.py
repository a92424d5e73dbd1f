"""The model of the page: stretches, samples, actions, sentences, halts. Values only."""

from dataclasses import dataclass, field
from datetime import datetime

from controller.core import events as e
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.core.steps import Course


@dataclass(frozen=True, slots=True)
class Run:
    """What one process did. Times are seconds of the rollout, from its first record."""

    start: float
    end: float
    wall: datetime
    """At `start`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    member: str
    course: Course
    kind: str
    """One of the five phases, or a kind of `builder.OFF_THE_PATH`."""
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    wall: datetime
    event: e.GateSampled


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of a gate on one member from its return to the end of its soak, or on the pool
    during one run."""

    gate: str
    member: str
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Action:
    """A command, validation, `unless` or setting that ended."""

    wall: datetime
    member: str
    course: Course
    what: str
    passed: bool
    seconds: float | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence. `mark`: `halt`, `operator` (by a person), `bad` or empty."""

    at: float
    wall: datetime
    member: str
    sentence: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Halt:
    """One halt, with the lines that were printed where the journal has them."""

    wall: datetime
    event: e.Halted
    lines: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    """The status of each member at the end of the run, for where there are no `lines`."""
    is_past: bool = False
    """An operator resumed the rollout after it."""


@dataclass(frozen=True, slots=True)
class Story:
    plan: Plan
    state: State
    records: int
    runs: tuple[Run, ...]
    stretches: tuple[Stretch, ...]
    series: tuple[Series, ...]
    actions: tuple[Action, ...]
    entries: tuple[Entry, ...]
    halts: tuple[Halt, ...]
    collected: tuple[e.Collected, ...]
    """What `collect` fetched since the newest halt."""
    overrides: tuple[tuple[str, str], ...]
    """(gate, who overrode it and why), in their order."""
    last: datetime
    finished: datetime | None
    """When the last run finished; None while one runs, or if it was cut off."""

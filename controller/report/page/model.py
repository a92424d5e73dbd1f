"""A rollout as the page needs it: stretches, samples, deeds, sentences, halts. Values only."""

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
    """One of the five phases, or what `teller` calls one off the path."""
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    wall: datetime
    event: e.GateSampled


@dataclass(frozen=True, slots=True)
class Series:
    """What a gate said of one member between its return and the end of its soak, or of the pool
    while one process ran."""

    gate: str
    member: str
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deed:
    """A command, validation or question that ended."""

    wall: datetime
    member: str
    course: Course
    what: str
    passed: bool
    seconds: float | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence. `mark`: `halt`, `hand` (somebody did it), `bad` or empty."""

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
    standings: tuple[str, ...] = ()
    """How each member stood when the run was over, where `lines` are not there to say so."""
    is_past: bool = False
    """Somebody decided to go on after it."""


@dataclass(frozen=True, slots=True)
class Story:
    plan: Plan
    state: State
    records: int
    runs: tuple[Run, ...]
    stretches: tuple[Stretch, ...]
    series: tuple[Series, ...]
    deeds: tuple[Deed, ...]
    entries: tuple[Entry, ...]
    halts: tuple[Halt, ...]
    overrides: tuple[tuple[str, str], ...]
    """(gate, who overrode it and why), in their order."""
    last: datetime
    finished: datetime | None
    """When the last process finished; None while one is at work, or was cut off."""

"""What is done to a member, ready to be performed: tasks and probes with all templates filled.

Values only. Running them is the business of adapters: a command runs on this machine, a task of
the pool is performed by the adapter of that kind of pool.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import timedelta
from signal import Signals
from typing import Final, Protocol

from controller.core.pool import Seat

DONE: Final = frozenset({0})
"""Exit codes of a step that has done what it should, unless the rollout file says otherwise."""


class Task(Protocol):
    """Something that is done to a member, or asked about it. What kind it is, its type says; the
    adapter of that kind performs it."""

    @property
    def label(self) -> str:
        """What it is called in a sentence."""

    @property
    def timeout(self) -> timedelta: ...

    @property
    def ok(self) -> frozenset[int]:
        """Exit codes that mean: done."""


@dataclass(frozen=True, slots=True)
class Command:
    """An argv that is run without a shell."""

    argv: tuple[str, ...]
    timeout: timedelta
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment that poolroll itself was started with."""
    cwd: str = "."
    ok: frozenset[int] = DONE
    """Exit codes that mean: done."""
    name: str = ""
    """As the rollout file calls it."""

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.argv[0]


@dataclass(frozen=True, slots=True)
class PoolTask:
    """Something that the pool itself performs, like an eviction."""

    name: str
    timeout: timedelta
    args: Mapping[str, str] = field(default_factory=dict)
    ok: frozenset[int] = DONE

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.name


def called(task: Task) -> str:
    """What a step is called in a sentence: its own name, where the rollout file has one."""
    return str(getattr(task, "name", "")) or task.label


def named(task: Task, name: str) -> Task:
    """The same under a name of its own, where its kind can have one."""
    has_name = is_dataclass(task) and hasattr(task, "name")
    return replace(task, name=name) if has_name and name else task  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class TaskJob:
    """A task under a key. The same key always means the same execution."""

    key: str
    """Unique per execution, made of letters, digits, `-`, `_`, `.`, `%` and `/`."""
    task: Task
    seats: tuple[Seat, ...] = ()
    """Who is in the member's place, and is meant: a task of the pool is pinned to it."""
    joins: bool = False
    """Wait for the execution that the key has, and begin none: one that never began is `lost`."""
    is_new: bool = False
    """No process has begun it before."""
    former: tuple[int, ...] = ()
    """Exit codes of the steps that the member has been through before, in this course."""
    places: frozenset[str] = frozenset()
    """What the member is beside its name, which other pools may use too: no job is begun while an
    earlier one of that name with a place in common still runs. Empty: any of that name."""


@dataclass(frozen=True, slots=True)
class Guard:
    """`unless`: asks whether the member is already where the upgrade would bring it.

    Exit 0: already there. An exit in `go_on`: upgrade. Any other, a time-out too: refuse.
    """

    task: Task
    go_on: frozenset[int]


@dataclass(frozen=True, slots=True)
class Question:
    """One entry of `preflight`: read-only, about a member as it is before anything is done to it.

    It holds when its exit code is in `task.ok`, and what it prints is within the limits.
    """

    task: Task
    minimum: float | None = None
    maximum: float | None = None
    """Of the last number that it prints."""
    contains: str = ""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """GET `url` and expect `status` (an exact code), and `contains` in the body's text."""

    url: str
    status: int = 200
    contains: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Values may be secrets: they never appear in an error or a log (S12)."""
    verify: bool = True
    ca: str | None = None
    """Path of a PEM file with the authorities to trust instead of the system's."""
    server_name: str | None = None
    """For https: whom to ask for (SNI), and the name that the certificate must have; None: the host
    of `url`."""

    @property
    def is_trusting(self) -> bool:
        """Whether the server's certificate is verified, by `ca` or the system's store."""
        return self.verify and self.url.lower().startswith("https:")


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """Connect to `host:port` and close again."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class CommandProbe:
    """Run a command that must exit 0."""

    command: Command


@dataclass(frozen=True, slots=True)
class Validation:
    """One validation: a probe, tried until it passed `consecutive` times in a row."""

    probe: HttpProbe | TcpProbe | CommandProbe
    within: timedelta = timedelta(seconds=60)
    every: timedelta = timedelta(milliseconds=200)
    consecutive: int = 1


@dataclass(frozen=True, slots=True)
class Work:
    """All that one course (upgrade or rollback) does to one member."""

    steps: tuple[Task, ...]
    validations: tuple[Validation, ...]
    guard: Guard | None = None
    collects: tuple[Task, ...] = ()
    """What explains a failure: read-only."""
    questions: tuple[Question, ...] = ()
    """Asked before the first of its steps, and before it is taken out."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command under a key. The same key always means the same execution."""

    key: str
    """Unique per execution, made of letters, digits, `-`, `_`, `.`, `%` and `/`."""
    command: Command
    joins: bool = False
    """See `TaskJob.joins`."""
    is_new: bool = False
    """See `TaskJob.is_new`."""
    tell: Callable[[str], None] | None = field(default=None, compare=False)
    """Takes each line of its output while it runs, for people: not the last ones, nor those of an
    output that is too long."""
    places: frozenset[str] = frozenset()
    """See `TaskJob.places`."""


AFTER_SIGNALS: Final = frozenset({129, 130, 131, 134, 137, 139, 143})
"""128 + HUP, INT, QUIT, ABRT, KILL, SEGV, TERM: exit codes of a shell whose command was ended by
one of these. Further codes above 128 have other meanings as well."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended.

    Exactly one holds: `exit_code` is set; `timed_out`; `fault` says why it could not be started;
    `lost`: it was started, it is over, and no exit code was written, see `survivors` and
    `connections` for what may run still; `failure`.
    """

    exit_code: int | None = None
    """128 + N, with `signal`, when signal N ended it."""
    signal: int | None = None
    timed_out: bool = False
    fault: str | None = None
    lost: bool = False
    failure: str = ""
    """It failed in a way of its own, in words that go on a sentence about the step."""
    told: str = ""
    """What an operator should know of a success."""
    output: str = ""
    """Standard output and error, mixed as they came; the middle left out when too long."""
    seconds: float = 0.0
    survivors: tuple[str, ...] = ()
    """Processes of it, each as NAME (PID), that were not or could not be ended: they may run
    still."""
    writers: tuple[str, ...] = ()
    """Processes that it left behind, which still write to its output."""
    connections: tuple[str, ...] = ()
    """Programs like ssh that were ended with it: what they began elsewhere may run still."""

    @property
    def end(self) -> str:
        """How it ended, where `exit_code` is set, in words."""
        if self.signal is not None:
            return f"was ended by {_name_of(self.signal)}"
        code = self.exit_code or 0
        name = f" ({_name_of(code - 128)})" if code in AFTER_SIGNALS else ""
        return f"ended with exit code {code}{name}"


def _name_of(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:  # of real time
        return f"signal {number}"


@dataclass(frozen=True, slots=True)
class ValidationResult:
    passed: bool
    detail: str
    """What was seen last, in one line for an operator."""

"""Every protocol between what decides and what does, on one page.

Implementations live in `adapters` (the real ones) and `tests.support` (working fakes); one
contract suite per port is run against all of them. All errors raised are of
`controller.errors`; cancelling any coroutine here is safe.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from controller.core.abilities import Abilities, ByHand
from controller.core.gates.evidence import Alert, Freshness, Reading, Reduce
from controller.core.pool import Found, InstanceView, Instant
from controller.tasks import Command, Validation


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> Instant:
        """Monotonic; the same origin for all processes since the machine booted."""

    def wall(self) -> datetime:
        """The civil time, in UTC, for people and records; no decision hangs on it."""

    async def sleep(self, duration: timedelta) -> None:
        """At least `duration`; virtual in tests."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one instance means for a rollout, found out before anything is touched.

    Lines are whole, in the balancer's own words, for the operator who reads the plan.
    """

    refusals: tuple[str, ...] = ()
    """Why no rollout may begin here."""
    notes: tuple[str, ...] = ()
    """What an operator should know before it does."""
    abilities: Abilities = field(default_factory=Abilities)
    by_hand: ByHand = field(default_factory=ByHand)


class LoadBalancer(Protocol):
    """One pool behind every load balancer instance in front of it.

    The setting calls act on the member in all backends of all instances at once, read back what
    they set, and raise the first error after all instances were tried. They are idempotent.
    """

    @property
    def instances(self) -> Sequence[str]:
        """Names, as given in the rollout file; never empty."""

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        """What the instance of a full `view` means for a rollout over the `selected` members.

        Raises BalancerError, PermissionTooLow too: members could not be taken out there.
        """

    async def look(
        self, instance: str, members: Collection[str] | None, *, memory: Collection[int] = ()
    ) -> InstanceView:
        """Ask one instance for some members' lines, or for all (`None`).

        `memory`: process ids of former workers, to tell whether they still live.
        Raises BalancerError.
        """

    async def drain(self, member: str) -> None:
        """No new balanced traffic; work in flight goes on, persistent clients still come.

        An agent check is switched off first, since it may cancel the drain.
        """

    async def take_out(self, member: str) -> None:
        """No new traffic of any kind; work in flight goes on."""

    async def cut(self, member: str) -> None:
        """End the sessions still in flight. Clients get errors."""

    async def begin_return(self, member: str) -> None:
        """From out towards ready: health checks start anew from *failing*; nobody, not even a
        client with a cookie, reaches the member before they have passed. Lines without a check
        of their own stay out. Progress shows in `look`."""

    async def put_back(self, member: str, found: Found, share: int = 100) -> None:
        """In rotation as found: weight, ready, agent check. Lines unknown to `found` (a fresh
        worker's, say) keep their weight.

        `share`: per cent of the found weight, 1 to 100, in force before anybody reaches the
        member; below 100 the agent check stays off, for it may set the weight. Raises
        WeightRefused where only no weight and the whole of it are taken; a line that refused is
        not put in rotation.
        """

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """A command under a key. The same key always means the same execution."""

    key: str
    """Unique per execution, made of letters, digits, `-`, `_`, `.`, `%` and `/`."""
    command: Command


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended.

    Exactly one holds: `exit_code` is set; `timed_out`; `fault` says why it could not be started;
    `lost`: it was started, nothing of it runs any more, and no exit code was written.
    """

    exit_code: int | None = None
    timed_out: bool = False
    fault: str | None = None
    lost: bool = False
    output: str = ""
    """Standard output and error, mixed as they came; the middle left out when too long."""
    seconds: float = 0.0


class Commands(Protocol):
    """Runs commands so that they outlive this process (S7)."""

    async def run(self, job: Job) -> JobResult:
        """Start `job`, or join the execution that this key already has (also one that another,
        killed poolroll began), and wait for its end. Cancelling leaves it running."""

    async def run_briefly(self, command: Command) -> JobResult:
        """Run a question (a guard, a probe) that may be repeated at will: not under the helper,
        killed when cancelled."""

    def unstartable(self, command: Command) -> str | None:
        """Why its program could not be started, as things are on this machine now; None when
        nothing speaks against it. Starts nothing."""


@dataclass(frozen=True, slots=True)
class ValidationResult:
    passed: bool
    detail: str
    """What was seen last, in one line for an operator."""


class Validator(Protocol):
    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        """All of them, in order; the first that fails within its time ends it. Never raises for
        what a probe met; cancelling stops at once."""


class MetricsSource(Protocol):
    """One metrics server. Missing evidence is an answer here, not an error; raises
    MetricsRefused alone, for a question that the server will never answer."""

    @property
    def name(self) -> str:
        """For people: the URL without anything secret."""

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        """Evaluate `query` now by the server's own clock, or `at` a moment of its past. More
        than one series is TOO_MANY unless `reduce` says what to make of them."""

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        """Age and interval of the samples that `selector` (a plain one) matches."""

    async def alerts(self) -> Sequence[Alert] | Reading:
        """The alerts firing now; a Reading that says what is missing when they cannot be had."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that people who are not watching want to know."""

    event: str
    """`started`, `halted`, `stuck`, `done` or `aborted`; `heartbeat` while a process has it."""
    name: str
    """Of the rollout."""
    rollout: str
    """Its id."""
    wall: datetime
    text: str
    """One line that says all that matters."""
    lines: tuple[str, ...] = ()
    """What stands below it: at a halt, its message."""
    member: str = ""
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    why: str
    """In one line for an operator, without anything secret."""
    retryable: bool


class Notifier(Protocol):
    """One receiver of notices. Nothing it meets reaches the rollout."""

    @property
    def name(self) -> str:
        """For people: which entry of the rollout file, and nothing secret."""

    @property
    def events(self) -> Collection[str]:
        """What it wants to hear of."""

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        """Try once; None: delivered. `delivery` names the notice to its receiver, the same on
        every try. Raises nothing for what it meets; the caller sets the time limit by cancelling,
        which leaves nothing running."""

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the journal."""

    seq: int
    """Rising within the state folder."""
    rollout: str
    wall: datetime
    at: Instant
    kind: str
    body: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class RolloutRow:
    """A rollout as the journal lists it."""

    id: str
    name: str
    file: str
    """The text of the rollout file as it was run."""
    path: str
    sets: Mapping[str, str]
    started: datetime
    by: str
    ended: datetime | None = None
    outcome: str | None = None
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The operator's hand on a rollout: pause, resume or abort."""

    seq: int
    name: str
    """Of the rollout."""
    verb: str
    reason: str
    by: str
    wall: datetime
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A member that poolroll took out and has not returned yet."""

    backend: str
    address: str
    """`address:port`, as the balancer reports it: what makes a pool the same pool."""
    member: str
    rollout: str
    found: Found


class Journal(Protocol):
    """Everything durable about rollouts. Every write is on disk when it returns.

    Raises StateError.
    """

    def begin(self, row: RolloutRow) -> None: ...

    def append(self, rollout: str, at: Instant, kind: str, body: str) -> Record: ...

    def records(self, rollout: str, after: int = 0, most: int | None = None) -> Sequence[Record]:
        """Those with a `seq` above `after`, oldest first, and of them the first `most`."""

    def end(self, rollout: str, outcome: str, exit_code: int) -> None: ...

    def latest(self, name: str) -> RolloutRow | None:
        """The newest rollout of that name, ended or not."""

    def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        """Newest first."""

    def record_taken(self, taken: Sequence[Taken]) -> None:
        """Keeps the first record of a (backend, address): what was found is what is restored."""

    def forget_taken(self, keys: Collection[tuple[str, str]]) -> None:
        """`keys` are (backend, address)."""

    def taken(self, keys: Collection[tuple[str, str]]) -> Sequence[Taken]: ...

    def taken_by(self, rollout: str) -> Sequence[Taken]: ...

    def request(self, name: str, verb: str, reason: str, by: str) -> Request: ...

    def requests(self, name: str) -> Sequence[Request]:
        """Those not acknowledged yet, oldest first. Cheap enough to ask ten times a second."""

    def acknowledge(self, request: Request) -> None: ...

    def is_acknowledged(self, request: Request) -> bool: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a pool."""

    rollout: str
    pid: int
    host: str
    by: str
    since: datetime


class Lock(Protocol):
    """One controller per pool (S10), for all that share a state folder.

    Held for as long as the process lives, and not a moment longer.
    """

    def hold_name(self, name: str) -> AbstractContextManager[None]:
        """Hold the rollout of that name. Raises PoolHeld, which names the holder."""

    def hold_pool(self, keys: Collection[tuple[str, str]]) -> None:
        """Inside `hold_name`: also hold every (backend, address:port). Raises PoolHeld."""

    def refusal(self, name: str, keys: Collection[tuple[str, str]]) -> str | None:
        """Why `hold_name` or `hold_pool` would be refused now, in their words; holds nothing."""

    def holder(self, name: str) -> Holder | None:
        """Who holds the rollout of that name now."""

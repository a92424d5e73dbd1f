"""Every protocol between what decides and what does. Their values are in `controller.records`.

Implementations live in `adapters` (the real ones) and `tests.support` (working fakes). All errors
raised are of `controller.errors`; cancelling any coroutine here is safe.
"""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import NoReturn, Protocol, Self

from controller.core.gates.evidence import Alert, AlertRule, Freshness, Reading, Reduce
from controller.core.pool import FULL, Found, Incarnation, InstanceView, Instant, PoolKey
from controller.core.steps import Course
from controller.records import (
    Confirmed,
    Holder,
    Notice,
    Record,
    Request,
    Returned,
    RolloutRow,
    Seats,
    Survey,
    Taken,
    Undelivered,
    Verb,
)
from controller.tasks import Command, Job, JobResult, Task, TaskJob, Validation, ValidationResult


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> Instant:
        """Monotonic; the same origin for all processes since the machine booted."""

    def wall(self) -> datetime:
        """The civil time, in UTC, for people and records; no decision hangs on it."""

    async def sleep(self, duration: timedelta) -> None:
        """At least `duration`; virtual in tests."""


class LoadBalancer(Protocol):
    """One pool behind every load balancer instance in front of it.

    The setting calls act on the member in all backends of all instances at once, read back what
    they set, and raise the first error after all instances were tried. They are idempotent, and
    set nothing where somebody else than `seats` say is in the member's place (CommandRefused).
    """

    @property
    def instances(self) -> Sequence[str]:
        """Names, as given in the rollout file; never empty."""

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        """What the instance of a full `view` means for a rollout over the `selected` members.

        Raises BalancerError, PermissionTooLow too: members could not be taken out there.
        """

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        """Ask one instance for some members' lines, or for all (`None`).
        `former`: incarnations that it is known to have had before. Whether one still serves is
        told of these, and of those that can be found without being named. Raises BalancerError.
        """

    async def changed(self, instance: str) -> None:
        """Wait until what that instance shows may have changed since it was looked at last: for
        ever where nobody tells. Awaited only by a run, never by what only reads."""

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        """Prepare the pool as a whole, for members to go that way (None: nothing will be done to
        them); answers what was found, for `close`. Asked only where `Abilities.opens`; may be
        asked again after a crash, and answers the same."""

    async def close(self, kept: Mapping[str, str]) -> None:
        """Put the pool as a whole back as it was found. May be asked again."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        """No new balanced traffic; work in flight goes on, persistent clients still come. An agent
        check is switched off first, since it may cancel the drain."""

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        """No new traffic of any kind; work in flight goes on."""

    async def cut(self, member: str, seats: Seats = ()) -> Confirmed:
        """End the sessions still in flight. Clients get errors."""

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """From out towards ready: health checks start anew from *failing*; nobody, not even a
        client with a cookie, reaches the member before they have passed. Lines without a check
        of their own stay out. Progress shows in `look`."""

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        """In rotation as found: weight, ready, and what was kept of its lines. Lines unknown to
        `found` (a fresh incarnation's, say) keep their weight.

        `share`: per cent of the found weight, 1 to 100, in force before anybody reaches the
        member; below 100 the agent check stays off, for it may set the weight. Raises
        WeightRefused where only no weight and the whole of it are taken; a line that refused is
        not put in rotation.
        """

    async def aclose(self) -> None: ...


class Commands(Protocol):
    """Runs commands so that they outlive this process (S7)."""

    async def run(self, job: Job) -> JobResult:
        """Start `job`, or join the execution that this key already has (also one that another,
        killed poolroll began), and wait for its end. Cancelling leaves it running."""

    async def run_briefly(self, command: Command) -> JobResult:
        """Run a question (a guard, a probe) that may be repeated at will: not under the helper,
        killed when cancelled."""

    def unstartable(self, command: Command) -> str | None:
        """Why its program could not be started on this machine, as things are. Starts nothing."""


class Tasks(Protocol):
    """Performs the steps of members, and answers their questions, whatever kind they are of."""

    async def run(self, job: TaskJob) -> JobResult:
        """Start `job`, or join the execution that this key already has, and wait for its end (see
        `Commands.run`). Whatever the task is, its success is exit code 0."""

    async def ask(self, task: Task) -> JobResult:
        """Run a question that may be repeated at will; ended when cancelled."""

    def unstartable(self, task: Task) -> str | None:
        """See `Commands.unstartable`."""


class Validator(Protocol):
    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        """All of them, in order; the first that fails within its time ends it. Never raises for
        what a probe met; cancelling stops at once."""

    def unusable(self, validation: Validation) -> str | None:
        """Why no member could pass it from this machine, as things are. Asks no member."""


class MetricsSource(Protocol):
    """One metrics server. Missing evidence is an answer; raises MetricsRefused alone. `at` is a
    moment of the server's past, by its own clock; None: now."""

    @property
    def name(self) -> str:
        """For people: the URL without anything secret."""

    def for_one_sample(self) -> Self:
        """The same server: whatever it is asked ends within one `timeout` from now."""

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading: ...  # more than one series is TOO_MANY unless `reduce` says what to make of them
    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness: ...
    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        """Age and interval of what a query reads (`freshness`: a selector), if known. `since`: how
        long ago a member came back: then no target that shows it may be down, or have ended."""

    async def alerts(self) -> Sequence[Alert] | Reading: ...  # a Reading says why there is no list
    async def rules(self) -> Sequence[AlertRule] | Reading: ...
    async def values(self, label: str) -> Sequence[str] | Reading: ...
    async def aclose(self) -> None: ...


class Notifier(Protocol):
    """One receiver of notices. Nothing it meets reaches the rollout."""

    @property
    def name(self) -> str:
        """For people: which entry of the rollout file, and nothing secret."""

    @property
    def events(self) -> Collection[str]:
        """What it wants to hear of."""

    @property
    def within(self) -> timedelta:
        """Time limit of one try."""

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        """Try once; None: delivered. `delivery` names the notice, the same on every try. Raises
        nothing for what it meets; to cancel it, which sets the limit, leaves nothing running."""

    async def aclose(self) -> None: ...


class Journal(Protocol):
    """Everything durable about rollouts. Every write is on disk when it returns, whole or not at
    all, and writes take effect in the order of their calls, cancelled ones included. Raises
    StateError (`Record.trouble` says it before); Conflict when another process wrote, too."""

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        """A new rollout with its first record, the plan."""

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        """One record, and what it changes in the pool's record of members that are out: `taken`
        are added (the first record of a key stays: what was found is what is restored), `returned`
        are forgotten, under their keys and under those that this rollout took them by."""

    async def records(
        self, rollout: str, after: int = 0, most: int | None = None
    ) -> Sequence[Record]:
        """Those with a `seq` above `after`, oldest first, and of them the first `most`."""

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None: ...
    async def taken_by(self, rollout: str) -> Sequence[Taken]: ...
    async def key(self) -> bytes: ...  # private to this state, not in the journal; or empty

    async def latest(self, name: str) -> RolloutRow | None:
        """The newest rollout of that name, ended or not."""

    async def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        """Newest first."""

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        """Members that are out, under these keys or (None) all: a handful."""


class Requests(Protocol):
    """What operators ask of a rollout, from any process. Raises StateError."""

    async def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request: ...

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        """Those with a `seq` above `after`, oldest first."""

    def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        """The same, and then each further one within 0.2 s, without end."""


class Store(Protocol):
    """Journal and requests of one state folder, opened once for a process."""

    @property
    def journal(self) -> Journal: ...

    @property
    def requests(self) -> Requests: ...

    async def aclose(self) -> None:
        """Waits for writes, but not for ever. May be called again."""


class Hold(Protocol):
    """A lock while it is held."""

    async def add(self, keys: Collection[PoolKey]) -> None:
        """Hold these keys too, all or none. Raises PoolHeld, LeaseLost."""

    async def check(self) -> None:
        """Raises LeaseLost unless it is certainly still held; to be awaited right before anything
        is touched."""

    async def lost(self) -> NoReturn:
        """Waits for as long as it is held, and raises LeaseLost when it no longer is."""


class Lock(Protocol):
    """One controller per pool (S10), for all that share a state folder; held while it lives."""

    def hold(self, name: str) -> AbstractAsyncContextManager[Hold]:
        """Hold the rollout of that name. Raises PoolHeld, which names the holder."""

    async def glance(self, name: str) -> None:
        """Look who holds it: the wait for a dead holder counts from now. Raises StateError."""

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Why `hold` or `add` would be refused now, in their words; holds nothing."""

    async def holder(self, name: str) -> Holder | None:
        """Who holds the rollout of that name now."""

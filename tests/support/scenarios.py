"""Rollouts to be played, and the worlds that they meet."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from controller.core.events import Event, Observation, RunBegan
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.settings import Amount, DrainPolicy, Policies, ReturnPolicy
from controller.core.state.state import State
from controller.core.steps import Course, RunStep, Validate
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, Returned, Taken
from controller.runner.loop import Runner
from controller.runner.perform import FileStep
from controller.runner.sampler import Sampler
from controller.tasks import Command, CommandProbe, Guard, Question, Validation, Work
from controller.windows.timetable import Timetable
from tests.support.checkers import Ledger
from tests.support.failing import Failing
from tests.support.fakes import OCCUPANT, SNAPSHOT, Workshop
from tests.support.memory_journal import Holdings, MemoryHold, MemoryJournal, MemoryRequests
from tests.support.sim import CLASSIC, PLACES, Manner, Sim, make_sim
from tests.support.sim_metrics import in_place_of, sampler_of
from tests.support.virtual import LoopClock

ROLLOUT = "r1"
NAME = "web"
LONG = timedelta(seconds=2)


def ms(count: float) -> timedelta:
    return timedelta(milliseconds=count)


MEMBER_GATE = CounterGate("errors", Scope.MEMBER, 0.01, every=ms(200), hold=ms(1500))
POOL_GATE = CounterGate("pool", Scope.POOL, 0.01, every=ms(200), hold=ms(1500), window=ms(2000))

QUICK = Policies(
    max_unavailable=Amount(1),
    wait_for_capacity=ms(3000),
    lost_after=ms(1500),
    drain=DrainPolicy(timeout=ms(2000), sticky=ms(500)),
    comeback=ReturnPolicy(within=ms(2000)),
    soak=ms(600),
    gates=(MEMBER_GATE,),
)


QUICK_STEP = ms(300)


class ForkableJournal(MemoryJournal):
    """A journal that can be copied, with the world that it is part of."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.around: list[Callable[[str, str], None]] = []
        """Called with "before" or "after", and the kind, around each record."""
        self.hangs_until: Instant | None = None
        """The disk does not answer before that."""
        self.fault: str | None = None
        """Nothing more can be written."""
        self.notes_fault = ""
        """Why no note can be kept."""
        self.trouble = ""
        """Why the next records may not be written; these are."""
        self.stuck_since: Instant | None = None
        """Since when a disk that hangs or fails has taken nothing."""

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
        for call in self.around:
            call("before", kind)
        await self._disk()
        record = await super().append(rollout, at, kind, body, taken=taken, returned=returned)
        for call in self.around:
            call("after", kind)
        return replace(record, trouble=self.trouble)

    async def note(self, name: str, key: str, text: str | None) -> None:
        if self.notes_fault:
            raise StateError(self.notes_fault)
        await super().note(name, key, text)

    async def _disk(self) -> None:
        now = self._clock.now()
        if self.hangs_until is not None and now < self.hangs_until:
            self.stuck_since = now
            await self._clock.sleep(self.hangs_until - now)
            self.stuck_since = None
        if self.fault is not None:
            self.stuck_since = self.stuck_since or self._clock.now()
            raise StateError(self.fault)

    def mend(self) -> None:
        self.hangs_until = self.fault = self.stuck_since = None
        self.trouble = ""

    def fork(self) -> "ForkableJournal":
        other = ForkableJournal(self._clock)
        self.copy_to(other)
        return other

    def copy_to(self, other: "ForkableJournal") -> None:
        other._rollouts = dict(self._rollouts)
        other._records = list(self._records)
        other._taken = dict(self._taken)
        other._notes = {name: dict(notes) for name, notes in self._notes.items()}
        other._last, other._seq = dict(self._last), self._seq
        other.summaries, other.snapshots = dict(self.summaries), dict(self.snapshots)


class ForkableRequests(MemoryRequests):
    """The same for requests."""

    def fork(self) -> "ForkableRequests":
        other = ForkableRequests(self._clock)
        other.asked = list(self.asked)
        return other


@dataclass
class World:
    """All that a crash of poolroll leaves standing."""

    sim: Sim
    workshop: Workshop = field(default_factory=Workshop)
    journal: ForkableJournal = field(default_factory=lambda: ForkableJournal(LoopClock()))
    requests: ForkableRequests = field(default_factory=lambda: ForkableRequests(LoopClock()))
    hold: MemoryHold = field(default_factory=lambda: MemoryHold(NAME, Holdings()))
    """Each process has its own."""
    ledger: Ledger = field(default_factory=Ledger)
    fired: set[int] = field(default_factory=set)

    def fork(self) -> "World":
        memo: dict[int, object] = {}
        return World(
            sim=copy.deepcopy(self.sim, memo),
            workshop=copy.deepcopy(self.workshop, memo),
            journal=self.journal.fork(),
            requests=self.requests.fork(),
            ledger=copy.deepcopy(self.ledger, memo),
            fired=set(self.fired),
        )


When = Callable[[Event | Observation, State, State], bool]
Act = Callable[[World, Runner], None]


@dataclass(frozen=True)
class Beat:
    """When something is told for the first time, something happens in the world."""

    when: When
    do: Act


def enters(member: str, phase: Phase) -> When:
    def when(event: Event | Observation, before: State, after: State) -> bool:
        now = after.members[member].phase is phase
        return now and before.members[member].phase is not phase

    return when


def tells(kind: type[object], member: str | None = None) -> When:
    def when(event: Event | Observation, before: State, after: State) -> bool:
        return isinstance(event, kind) and member in (None, getattr(event, "member", None))

    return when


@dataclass(frozen=True)
class Scenario:
    """A rollout and the world that it meets."""

    policies: Policies = QUICK
    sim: Callable[[], Sim] = make_sim
    prepare: Callable[[World], None] = lambda world: None
    beats: tuple[Beat, ...] = ()
    steps: int = 1
    has_guard: bool = False
    has_questions: bool = False
    collects: int = 0
    has_rollback: bool = False
    goes_back_to: str = "v1"
    """What `rollback` says that it brings."""
    before: str = ""
    """What the members run, as the journal knows it and neither way says; empty: it does not."""
    saves: bool = False
    """A snapshot of each member is made before its first step."""
    irreversible: int | None = None
    sticky: tuple[str, ...] = ()
    settle: timedelta = timedelta(0)
    also: Mapping[str, Any] = field(default_factory=dict)
    """More of the balancers' abilities, by name."""
    canaries: tuple[str, ...] = ()
    step_timeout: timedelta = LONG
    step_time: timedelta = QUICK_STEP
    faulty: tuple[str, ...] = ()
    """Versions that never pass a validation."""
    begin: RunBegan = field(default_factory=lambda: RunBegan("tester"))
    inherited: tuple[str, ...] = ()
    answers: tuple[bool, ...] | None = None
    """What the operator says when asked, in turn; the last word stays."""
    hesitates: timedelta = timedelta(milliseconds=30)
    """How long the last word takes: a stopped terminal does not even show the question."""
    purpose: Purpose = Purpose.UPGRADE
    sampler: Callable[[], Sampler] | None = None
    """Asks metrics systems; each process has its own."""
    manner: Manner = CLASSIC
    """Of the load balancers."""
    wrap: Failing | None = None
    """Stands between the runner and each of its ports."""
    may_break: bool = False
    """Errors of our own are part of the play; otherwise they are raised at its end."""
    watched: timedelta = timedelta(0)
    """How long the traffic is watched before the run begins."""
    timetable: Timetable | None = None
    """The windows of the run."""

    def world(self) -> World:
        world = World(self.sim())
        world.sim.manner = self.manner
        world.ledger.remember(world.sim)
        world.workshop.takes = self.step_time
        self.prepare(world)
        return world

    def asks(self, world: World) -> Sampler | None:
        """Where the load balancers count nothing, a metrics system does."""
        if self.sampler is not None:
            return self.sampler()
        return None if world.sim.manner.counts else sampler_of(world.sim)

    def operator(self) -> "Operator | None":
        return None if self.answers is None else Operator(self.answers, self.hesitates)

    def work(self, step: FileStep) -> Work:
        """For the one that the step names."""
        member, is_back = step.member, step.course is Course.ROLLBACK
        env = {OCCUPANT: step.seats[0].occupant.id} if step.seats else {}
        verb, wanted = ("rollback", self.goes_back_to) if is_back else ("upgrade", "v2")
        if isinstance(step, Validate) and step.as_before:
            wanted = self.before
        if isinstance(step, RunStep) and step.snapshot is not None:
            verb = SNAPSHOT if step.index < 0 else "revert"
            command = Command((verb, member, str(step.snapshot)), self.step_timeout, env)
            return Work((command,), ())
        count = 1 if is_back else self.steps
        probe = CommandProbe(Command(("probe", member, wanted), ms(1000), env))
        return Work(
            steps=tuple(
                Command((verb, member, str(i)), self.step_timeout, env) for i in range(count)
            ),
            validations=(Validation(probe, within=ms(400), every=ms(50)),),
            collects=tuple(
                Command(("collect", member, str(i)), ms(1000), env) for i in range(self.collects)
            ),
            questions=(Question(Command(("preflight", member), ms(1000), env), minimum=20),)
            if self.has_questions and not is_back
            else (),
            guard=Guard(Command(("unless", member, wanted), ms(1000), env), frozenset({1}))
            if self.has_guard
            else None,
        )


def of_places(scenario: Scenario) -> Scenario:
    """The same behind load balancers of the other kind; a metrics system counts for them."""
    policies = scenario.policies
    gates = tuple(
        in_place_of(gate) if isinstance(gate, CounterGate) else gate for gate in policies.gates
    )
    return replace(scenario, policies=replace(policies, gates=gates), manner=PLACES)


class Operator:
    """Implements `controller.runner.perform.Questions`."""

    def __init__(self, answers: Sequence[bool], hesitates: timedelta) -> None:
        self._answers = list(answers)
        self._hesitates = hesitates

    async def go_on_with(self, member: str) -> bool:
        is_last = len(self._answers) == 1
        answer = self._answers[0] if is_last else self._answers.pop(0)
        await LoopClock().sleep(self._hesitates if is_last else ms(30))
        return answer

"""Rollouts in a simulated world: the production runner over working fakes, in virtual time."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from controller.core.events import (
    Course,
    Event,
    Finished,
    Intended,
    Observation,
    RunBegan,
    SetMember,
    Setting,
)
from controller.core.phases import Phase
from controller.core.plan import CourseShape, Plan, propose
from controller.core.pool import Instant, Member
from controller.core.rollout import State, initial
from controller.core.settings import (
    Amount,
    DrainPolicy,
    Gate,
    HaproxyPool,
    Policies,
    ReturnPolicy,
    Scope,
    Selection,
    Settings,
)
from controller.core.work import Command, CommandProbe, Guard, Validation, Work
from controller.ports import Clock, Record, RolloutRow
from controller.runner.codec import PLAN, decode, encode
from controller.runner.loop import Runner
from controller.runner.perform import Performer
from controller.runner.replay import replay
from tests.support.checkers import Checkers, Ledger
from tests.support.fakes import FakeCommands, FakeLoadBalancer, FakeValidator, Workshop
from tests.support.memory_journal import MemoryJournal
from tests.support.sim import Sim, make_sim
from tests.support.virtual import EPOCH, LoopClock, run_virtually

T = TypeVar("T")

ROLLOUT = "r1"
NAME = "web"
LONG = timedelta(seconds=2)


def ms(count: float) -> timedelta:
    return timedelta(milliseconds=count)


MEMBER_GATE = Gate("errors", Scope.MEMBER, 0.01, every=ms(200), hold=ms(1500))
POOL_GATE = Gate("pool", Scope.POOL, 0.01, every=ms(200), hold=ms(1500), window=ms(2000))

QUICK = Policies(
    max_unavailable=Amount(1),
    wait_for_capacity=ms(3000),
    lost_after=ms(1500),
    drain=DrainPolicy(timeout=ms(2000), sticky=ms(500)),
    comeback=ReturnPolicy(within=ms(2000)),
    soak=ms(600),
    gates=(MEMBER_GATE,),
)


class ForkableJournal(MemoryJournal):
    """A journal that can be copied, with the world that it is part of."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.around: list[Callable[[str, str], None]] = []
        """Called with "before" or "after", and the kind, around each record."""

    def append(self, rollout: str, at: Instant, kind: str, body: str) -> Record:
        for call in self.around:
            call("before", kind)
        record = super().append(rollout, at, kind, body)
        for call in self.around:
            call("after", kind)
        return record

    def fork(self) -> "ForkableJournal":
        other = ForkableJournal(self._clock)
        other._rollouts = dict(self._rollouts)
        other._records = list(self._records)
        other._taken = dict(self._taken)
        other._requests = dict(self._requests)
        return other


@dataclass
class World:
    """All that a crash of poolroll leaves standing."""

    sim: Sim
    workshop: Workshop = field(default_factory=Workshop)
    journal: ForkableJournal = field(default_factory=lambda: ForkableJournal(LoopClock()))
    ledger: Ledger = field(default_factory=Ledger)
    fired: set[int] = field(default_factory=set)

    def fork(self) -> "World":
        memo: dict[int, object] = {}
        return World(
            sim=copy.deepcopy(self.sim, memo),
            workshop=copy.deepcopy(self.workshop, memo),
            journal=self.journal.fork(),
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
    has_rollback: bool = False
    sticky: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()
    step_timeout: timedelta = LONG
    step_time: timedelta = field(default_factory=lambda: ms(300))
    faulty: tuple[str, ...] = ()
    """Versions that never pass a validation."""
    begin: RunBegan = field(default_factory=lambda: RunBegan("tester"))
    inherited: tuple[str, ...] = ()
    answers: tuple[bool, ...] | None = None
    """What the operator says when asked, in turn; the last word stays."""

    def world(self) -> World:
        world = World(self.sim())
        world.ledger.remember(world.sim)
        world.workshop.takes = self.step_time
        self.prepare(world)
        return world

    def work(self, member: str, course: Course) -> Work:
        is_back = course is Course.ROLLBACK
        verb, wanted = ("rollback", "v1") if is_back else ("upgrade", "v2")
        count = 1 if is_back else self.steps
        probe = CommandProbe(Command(("probe", member, wanted), ms(1000)))
        return Work(
            steps=tuple(Command((verb, member, str(i)), self.step_timeout) for i in range(count)),
            validations=(Validation(probe, within=ms(400), every=ms(50)),),
            guard=Guard(Command(("unless", member, wanted), ms(1000)), frozenset({1}))
            if self.has_guard
            else None,
        )


class Operator:
    """Implements `controller.runner.perform.Questions`."""

    def __init__(self, answers: Sequence[bool]) -> None:
        self._answers = list(answers)

    async def go_on_with(self, member: str) -> bool:
        await LoopClock().sleep(ms(30))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@dataclass
class Played:
    plan: Plan
    state: State
    world: World
    broken: list[str]
    calls: list[tuple[str, str]]
    took: timedelta

    @property
    def end(self) -> Finished:
        assert self.state.finished is not None
        return self.state.finished

    def phases(self) -> dict[str, str]:
        return {name: str(m.phase) for name, m in self.state.members.items()}

    def versions(self) -> dict[str, str]:
        return {name: app.version for name, app in self.world.sim.apps.items()}

    @property
    def events(self) -> list[Event]:
        """All that was journalled, by every process."""
        records = self.world.journal.records(ROLLOUT)
        return [decode(one.kind, one.body) for one in records if one.kind != PLAN]

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def steps(self, member: str, kind: type[T]) -> list[T]:
        """Intended for a member."""
        steps = [one.step for one in self.told(Intended) if one.step.member == member]
        return [step for step in steps if isinstance(step, kind)]

    def settings(self, member: str) -> list[Setting]:
        return [step.setting for step in self.steps(member, SetMember)]

    def between(self, member: str, first: Setting, second: Setting) -> timedelta:
        """From the first to the second, as they were intended for the first time."""
        moments: dict[Setting, Instant] = {}
        for record in self.world.journal.records(ROLLOUT):
            event = decode(record.kind, record.body)
            step = event.step if isinstance(event, Intended) else None
            if isinstance(step, SetMember) and step.member == member:
                moments.setdefault(step.setting, record.at)
        return moments[second] - moments[first]


class _Beater:
    """A Narrator that lets the beats happen."""

    def __init__(self, scenario: Scenario, world: World) -> None:
        self._scenario, self._world = scenario, world
        self.runner: Runner | None = None

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        for number, beat in enumerate(self._scenario.beats):
            if number not in self._world.fired and beat.when(event, before, after):
                self._world.fired.add(number)
                assert self.runner is not None
                beat.do(self._world, self.runner)


Narrate = Callable[[Event | Observation, State, State], None]


@dataclass
class Cut:
    """The world as a kill at some moment leaves it."""

    label: str
    world: World
    at: Instant


class Camera:
    """Keeps the world as it is at every moment at which a kill would matter."""

    def __init__(self, world: World, skip: frozenset[str] = frozenset()) -> None:
        self.cuts: list[Cut] = []
        self._world, self._skip = world, skip

    def around(self, when: str, kind: str) -> None:
        is_same = bool(self.cuts) and self.cuts[-1].at == LoopClock().now()
        if kind not in self._skip and not (when == "before" and is_same):
            self.take(f"{when} {kind}")

    def take(self, label: str) -> None:
        now = LoopClock().now()
        self.cuts.append(Cut(f"{len(self.cuts)}: {label} at {now}", self._world.fork(), now))


class _Listener:
    def __init__(self, narrate: Narrate) -> None:
        self.tell = narrate


async def make_plan(scenario: Scenario, world: World) -> Plan:
    balancer = FakeLoadBalancer(world.sim, LoopClock())
    views = [await balancer.look(name, None) for name in balancer.instances]
    backends = tuple(dict.fromkeys(line.backend for line in views[0].lines))
    settings = Settings(
        NAME,
        HaproxyPool(tuple(balancer.instances), backends),
        Selection(canaries=scenario.canaries),
        scenario.policies,
    )
    proposal = propose(
        settings,
        {name: Member(name, "10.0.0.1", 8080) for name in world.sim.apps},
        views,
        ours=scenario.inherited,
        upgrade=CourseShape(scenario.steps, scenario.has_guard),
        rollback=CourseShape(1, scenario.has_guard) if scenario.has_rollback else None,
        sticky=dict.fromkeys(scenario.sticky, "cookie"),
    )
    assert proposal.plan is not None, proposal.refusals
    return proposal.plan


async def start(
    scenario: Scenario,
    world: World,
    first: Sequence[Event] = (),
    narrate: Narrate | None = None,
    camera: Camera | None = None,
) -> Played:
    """A new rollout, to its end."""
    world.sim.advance(LoopClock().now())
    plan = await make_plan(scenario, world)
    world.journal.begin(RolloutRow(ROLLOUT, NAME, "", "", {}, EPOCH, "tester"))
    world.journal.append(ROLLOUT, LoopClock().now(), *encode(plan))
    first = [scenario.begin, *first]
    return await _run(scenario, world, plan, initial(plan), first, narrate, camera)


async def resume(
    scenario: Scenario,
    world: World,
    first: Sequence[Event] = (),
    narrate: Narrate | None = None,
    camera: Camera | None = None,
) -> Played:
    """A rollout from its journal, to its end."""
    records = world.journal.records(ROLLOUT)
    plan, state = replay(records)
    world.ledger.recall([record.kind for record in records])
    began = replace(scenario.begin, by="successor")
    return await _run(scenario, world, plan, state, [began, *first], narrate, camera)


async def _run(
    scenario: Scenario,
    world: World,
    plan: Plan,
    state: State,
    first: Sequence[Event],
    narrate: Narrate | None,
    camera: Camera | None = None,
) -> Played:
    clock = LoopClock()
    began = clock.now()
    world.sim.advance(began)
    balancer = FakeLoadBalancer(world.sim, clock)
    commands = FakeCommands(world.sim, world.workshop, clock)
    checkers = Checkers(world.sim, world.workshop, world.ledger, plan)
    balancer.watch.append(checkers.on_setting)
    commands.watch.append(checkers.on_job)
    if camera is not None:
        world.journal.around.append(camera.around)
        balancer.half_way.append(lambda: camera.take("half-way through a setting"))
        commands.started.append(lambda: camera.take("right after the start of a step"))
    beater = _Beater(scenario, world)
    performer = Performer(
        ROLLOUT,
        balancer,
        commands,
        FakeValidator(world.sim, clock, scenario.faulty),
        scenario.work,
        Operator(scenario.answers) if scenario.answers is not None else None,
    )
    runner = Runner(
        ROLLOUT,
        plan,
        state,
        balancer=balancer,
        performer=performer,
        journal=world.journal,
        clock=clock,
        narrators=[checkers, beater, *([_Listener(narrate)] if narrate else [])],
    )
    beater.runner = runner
    final = await runner.run(first)
    broken = checkers.at_end(final)
    taken = {one.member for one in world.journal.taken_by(ROLLOUT)}
    ours = {m.name for m in final.members.values() if m.found is not None}
    if taken != ours - set(scenario.inherited):
        broken.append(f"S8: the pool's record names {taken}, and out because of us are {ours}")
    return Played(plan, final, world, broken, balancer.calls, clock.now() - began)


WARM_UP = ms(500)
"""Users were there before we came."""


def play(scenario: Scenario, *first: Event, narrate: Narrate | None = None) -> Played:
    """The whole of a new rollout, in no time."""
    return run_virtually(start(scenario, scenario.world(), first, narrate), WARM_UP)


AWHILE = ms(200)


def play_on(
    scenario: Scenario,
    world: World,
    *first: Event,
    after: timedelta = AWHILE,
    at: Instant | None = None,
) -> Played:
    """Go on with a rollout in a world that lived on meanwhile."""
    begin = (world.sim.now if at is None else at) + after
    return run_virtually(resume(scenario, world, first), begin)


UNMOVED = frozenset({"GateSampled", "Plan"})
"""Records at which nothing changes that a kill could hurt."""


def film(scenario: Scenario) -> tuple[Played, list[Cut]]:
    """The whole of a new rollout, and the world at every moment at which a kill would matter."""
    world = scenario.world()
    camera = Camera(world, UNMOVED)
    played = run_virtually(start(scenario, world, (), None, camera), WARM_UP)
    return played, camera.cuts


def film_on(scenario: Scenario, cut: Cut) -> tuple[Played, list[Cut]]:
    """The same of a rollout that was cut."""
    camera = Camera(cut.world, UNMOVED)
    later = resume(scenario, cut.world, (), None, camera)
    return run_virtually(later, cut.at + AWHILE), camera.cuts

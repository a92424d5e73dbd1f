"""Rollouts in a simulated world: the production runner over working fakes, in virtual time."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from controller.core.events import Course, Event, Finished, Observation, RunBegan
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
from controller.ports import RolloutRow
from controller.runner.codec import encode
from controller.runner.loop import Runner
from controller.runner.perform import Performer
from controller.runner.replay import replay
from tests.support.checkers import Checkers, Ledger
from tests.support.fakes import FakeCommands, FakeLoadBalancer, FakeValidator, Workshop
from tests.support.memory_journal import MemoryJournal
from tests.support.sim import Sim, make_sim
from tests.support.virtual import EPOCH, LoopClock, run_virtually

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
    faulty: tuple[str, ...] = ()
    """Versions that never pass a validation."""
    begin: RunBegan = field(default_factory=lambda: RunBegan("tester"))
    inherited: tuple[str, ...] = ()
    answers: tuple[bool, ...] | None = None
    """What the operator says when asked, in turn; the last word stays."""

    def world(self) -> World:
        world = World(self.sim())
        world.ledger.remember(world.sim)
        self.prepare(world)
        return world

    def work(self, member: str, course: Course) -> Work:
        is_back = course is Course.ROLLBACK
        verb, wanted = ("rollback", "v1") if is_back else ("upgrade", "v2")
        count = 1 if is_back else self.steps
        probe = CommandProbe(Command(("probe", member, wanted), ms(1000)))
        return Work(
            steps=tuple(
                Command((verb, member, str(i)), self.step_timeout) for i in range(count)
            ),
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

    @property
    def end(self) -> Finished:
        assert self.state.finished is not None
        return self.state.finished

    def phases(self) -> dict[str, str]:
        return {name: str(m.phase) for name, m in self.state.members.items()}

    def versions(self) -> dict[str, str]:
        return {name: app.version for name, app in self.world.sim.apps.items()}


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
    scenario: Scenario, world: World, first: Sequence[Event] = (), narrate: Narrate | None = None
) -> Played:
    """A new rollout, to its end."""
    world.sim.advance(LoopClock().now())
    plan = await make_plan(scenario, world)
    world.journal.begin(RolloutRow(ROLLOUT, NAME, "", "", {}, EPOCH, "tester"))
    world.journal.append(ROLLOUT, LoopClock().now(), *encode(plan))
    return await _run(scenario, world, plan, initial(plan), [scenario.begin, *first], narrate)


async def resume(
    scenario: Scenario, world: World, first: Sequence[Event] = (), narrate: Narrate | None = None
) -> Played:
    """A rollout from its journal, to its end."""
    plan, state = replay(world.journal.records(ROLLOUT))
    began = replace(scenario.begin, by="successor")
    return await _run(scenario, world, plan, state, [began, *first], narrate)


async def _run(
    scenario: Scenario,
    world: World,
    plan: Plan,
    state: State,
    first: Sequence[Event],
    narrate: Narrate | None,
) -> Played:
    clock = LoopClock()
    world.sim.advance(clock.now())
    balancer = FakeLoadBalancer(world.sim, clock)
    commands = FakeCommands(world.sim, world.workshop, clock)
    checkers = Checkers(world.sim, world.workshop, world.ledger, plan)
    balancer.watch.append(checkers.on_setting)
    commands.watch.append(checkers.on_job)
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
    return Played(plan, final, world, checkers.at_end(final), balancer.calls)


def play(scenario: Scenario, *first: Event, narrate: Narrate | None = None) -> Played:
    """The whole of a new rollout, in no time."""
    return run_virtually(start(scenario, scenario.world(), first, narrate))


def play_on(
    scenario: Scenario, world: World, *first: Event, after: timedelta = ms(200), at: Instant | None = None
) -> Played:
    """Go on with a rollout in a world that lived on meanwhile."""
    begin = (world.sim.now if at is None else at) + after
    return run_virtually(resume(scenario, world, first), begin)

"""Rollouts played to their end: the production runner over working fakes, in virtual time."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Final, TypeVar

from controller.core.events import Event, Finished, Intended, Observation, RunBegan
from controller.core.gates.gate import Gate
from controller.core.gates.quiet import Quiet
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.plan.plan import CourseShape, Plan
from controller.core.plan.propose import propose
from controller.core.plan.ramp import without_ramp
from controller.core.pool import InstanceView, Instant, Member
from controller.core.settings import OnFailure, Selection, Settings
from controller.core.state.observe import flowed
from controller.core.state.state import State, initial
from controller.core.steps import Course, MemberStep, RunStep, SetMember, Setting
from controller.journal.codec import PLAN, decode, encode
from controller.journal.replay import replay
from controller.records import RolloutRow
from controller.runner.loop import Runner
from controller.runner.perform import Performer
from controller.runner.prober import Prober
from controller.runner.saving import Saving
from controller.runner.task_router import TaskRouter
from controller.runner.window_watch import WindowWatch
from controller.tasks import ValidationResult
from tests.support.checkers import Checkers
from tests.support.fakes import FakeCommands, FakeLoadBalancer, FakeValidator
from tests.support.memory_journal import Holdings, MemoryHold
from tests.support.scenarios import NAME, ROLLOUT, Scenario, World, ms
from tests.support.virtual import EPOCH, LoopClock, run_virtually

T = TypeVar("T")


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
        records = self.world.journal.written(ROLLOUT)
        return [decode(one.kind, one.body) for one in records if one.kind != PLAN]

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]

    def steps(self, member: str, kind: type[T]) -> list[T]:
        """Intended for a member."""
        steps = [
            one.step
            for one in self.told(Intended)
            if isinstance(one.step, MemberStep) and one.step.member == member
        ]
        return [step for step in steps if isinstance(step, kind)]

    def settings(self, member: str) -> list[Setting]:
        return [step.setting for step in self.steps(member, SetMember)]

    def between(self, member: str, first: Setting, second: Setting) -> timedelta:
        """From the first to the second, as they were intended for the first time."""
        moments: dict[Setting, Instant] = {}
        for record in self.world.journal.written(ROLLOUT):
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


IS_ALL: Final = os.environ.get("POOLROLL_TEST_FAULTS") == "all"
"""Whether every place is played, not a sample (`make test-faults`)."""


def sparse(cuts: Sequence[Cut], is_proven: Callable[[Cut], bool]) -> Sequence[Cut]:
    """All until what a test is about is in the journal; behind it every fifth, as what follows are
    the usual records of further members, at which `test_interrupted` cuts, too."""
    if IS_ALL:
        return cuts
    first = next((i for i, cut in enumerate(cuts) if is_proven(cut)), len(cuts))
    return [*cuts[: first + 2], *cuts[first + 2 :: 5]]


def kinds(cut: Cut) -> list[str]:
    """Of what is in the journal."""
    return [one.kind for one in cut.world.journal.written(ROLLOUT)]


class _Listener:
    def __init__(self, narrate: Narrate) -> None:
        self.tell = narrate


def _unwrapped(name: str, port: T) -> T:
    return port


def _unheard(event: Event | Observation, before: State, after: State) -> None: ...


async def make_plan(scenario: Scenario, world: World) -> Plan:
    balancer = FakeLoadBalancer(world.sim, LoopClock())
    views = [await balancer.look(name, None) for name in balancer.instances]
    settings = Settings(
        NAME,
        None,
        Selection(canaries=scenario.canaries),
        scenario.policies,
    )
    surveys = [(await balancer.survey(view, tuple(world.sim.apps))).abilities for view in views]
    own = Abilities(sticky=dict.fromkeys(scenario.sticky, "cookie"), settle=scenario.settle)
    abilities = reduce(or_, surveys, own)
    proposal = propose(
        settings,
        {name: Member(name, "10.0.0.1", 8080) for name in world.sim.apps},
        views,
        ours=scenario.inherited,
        upgrade=CourseShape(
            scenario.steps,
            scenario.has_guard,
            scenario.has_questions,
            scenario.saves,
            scenario.irreversible,
        ),
        rollback=_way_back(scenario),
        purpose=scenario.purpose,
        abilities=replace(abilities, **scenario.also),
        by_hand=ByHand("in {member}", "out {member}"),
    )
    assert proposal.plan is not None, proposal.refusals
    plan = replace(proposal.plan, collects=scenario.collects)
    if scenario.before:
        ran = {one.name: {"version": scenario.before} for one in plan.members}
        plan = replace(plan, before=ran)
    return without_ramp(plan) if abilities.unweighted else plan


def _way_back(scenario: Scenario) -> CourseShape | None:
    if scenario.policies.on_failure is OnFailure.REVERT_MEMBER:
        return CourseShape(1)
    return CourseShape(1, scenario.has_guard) if scenario.has_rollback else None


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
    row = RolloutRow(ROLLOUT, NAME, "", "", {}, EPOCH, "tester")
    await world.journal.begin(row, LoopClock().now(), *encode(plan))
    first = [_begin(scenario), *first]
    state = flowed(initial(plan), await _watch(scenario, world))
    return await _run(scenario, world, plan, state, first, narrate, camera)


def _begin(scenario: Scenario) -> RunBegan:
    """With what the time is, where outages are counted across processes."""
    is_counted = scenario.policies.outage is not None
    return replace(scenario.begin, wall=LoopClock().wall()) if is_counted else scenario.begin


async def _watch(scenario: Scenario, world: World) -> list[InstanceView]:
    """Looks like those of the preflight, where the run begins right afterwards."""
    balancer, clock = FakeLoadBalancer(world.sim, LoopClock()), LoopClock()
    until, views = clock.now() + scenario.watched, []
    while clock.now() < until:
        views += [await balancer.look(name, None) for name in balancer.instances]
        await clock.sleep(ms(100))
    return views


async def resume(
    scenario: Scenario,
    world: World,
    first: Sequence[Event] = (),
    narrate: Narrate | None = None,
    camera: Camera | None = None,
) -> Played:
    """A rollout from its journal, to its end."""
    records = world.journal.written(ROLLOUT)
    plan, state = replay(records)
    world.ledger.recall([record.kind for record in records])
    began = replace(_begin(scenario), by="successor")
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
    world.hold = MemoryHold(NAME, Holdings())
    journal = world.journal
    checkers = Checkers(
        world.sim, world.workshop, world.ledger, plan, world.hold, lambda: journal.stuck_since
    )
    balancer.watch.append(checkers.on_setting)
    commands.watch.append(checkers.on_job)
    if camera is not None:
        world.journal.around.append(camera.around)
        balancer.half_way.append(lambda: camera.take("half-way through a setting"))
        commands.started.append(lambda: camera.take("right after the start of a step"))
    beater = _Beater(scenario, world)
    wrap = scenario.wrap or _unwrapped
    operator, sampler = scenario.operator(), scenario.asks(world)
    performer = Performer(
        ROLLOUT,
        wrap("balancer", balancer),
        TaskRouter(wrap("commands", commands)),
        wrap("validator", FakeValidator(world.sim, clock, scenario.faulty)),
        scenario.work,
        wrap("questions", operator) if operator is not None else None,
        _saving(plan, world, clock) if scenario.saves else None,
    )
    table = scenario.timetable
    watch = WindowWatch(table, clock) if table is not None else None
    listener = wrap("narrator", _Listener(narrate or _unheard))
    runner = Runner(
        ROLLOUT,
        plan,
        state,
        balancer=wrap("balancer", balancer),
        performer=performer,
        journal=wrap("journal", world.journal),
        requests=wrap("requests", world.requests),
        hold=wrap("hold", world.hold),
        clock=wrap("clock", clock),
        narrators=[checkers, beater, listener, *([watch] if watch is not None else [])],
        sampler=wrap("sampler", sampler) if sampler is not None else None,
        prober=prober_of(world, clock, plan.policies.quiet),
        windows=watch.seen if watch is not None else None,
    )
    beater.runner = runner
    final = await runner.run(first)
    if runner.bug is not None and not scenario.may_break:
        raise runner.bug
    broken = checkers.at_end(final)
    taken = {one.member for one in world.journal.out_by(ROLLOUT)}
    ours = {m.name for m in final.members.values() if m.placement.found is not None}
    if taken != ours - set(scenario.inherited) and not final.journal.is_unwritten:
        broken.append(f"S8: the pool's record names {taken}, and out because of us are {ours}")
    return Played(plan, final, world, broken, balancer.calls, clock.now() - began)


def _saving(plan: Plan, world: World, clock: LoopClock) -> Saving:
    def who(step: RunStep) -> Member:
        return plan.member(step.member) or Member(step.member, "", 0)

    return Saving(NAME, ROLLOUT, world.journal, clock, "tester", who, timedelta(days=7))


def prober_of(world: World, clock: LoopClock, quiet: Quiet) -> Prober | None:
    """Requests of our own meet the version as users do. Straight to a member, they count for no
    load balancer."""
    sent = Counter[str]()

    async def own(member: str, course: Course) -> ValidationResult:
        app, number = world.sim.apps[member], sent[member]
        sent[member] += 1
        if quiet is Quiet.THROUGH:
            is_well = world.sim.ask(member, number)
            await clock.sleep(ms(25))  # counted before it is answered
        else:
            is_well = app.answers and not world.sim.traffic.fails(app, number)
        return ValidationResult(is_well, "passed" if is_well else "status 500, not 200")

    async def for_gate(gate: Gate, member: str, every: timedelta) -> None:
        raise AssertionError("no gate of the simulation has a probe")

    return Prober(for_gate, own) if quiet in (Quiet.PROBE, Quiet.THROUGH) else None


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


def film_on(scenario: Scenario, cut: Cut, *first: Event) -> tuple[Played, list[Cut]]:
    """The same of a rollout that was cut."""
    camera = Camera(cut.world, UNMOVED)
    later = resume(scenario, cut.world, first, None, camera)
    return run_virtually(later, cut.at + AWHILE), camera.cuts

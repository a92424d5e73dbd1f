"""Whole rollouts over pods: the production runner and adapter, over HTTP against the fake cluster.

`Witness` sees every change of the slices, as users would feel it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapters.clock import SystemClock
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.pods.service import ServicePool
from controller.core.events import Event, Finished, Intended, RunBegan, StepEnded
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.plan.propose import propose
from controller.core.plan.ramp import without_ramp
from controller.core.pool import Member
from controller.core.settings import (
    DrainPolicy,
    Policies,
    ReturnPolicy,
    Selection,
    Settings,
)
from controller.core.state.state import State, initial
from controller.core.steps import Course, Step
from controller.journal.codec import PLAN, decode, encode
from controller.journal.replay import replay
from controller.pools.kubernetes import PodPool
from controller.ports import Clock
from controller.ports import Validator as ValidatorPort
from controller.records import RolloutRow
from controller.runner.loop import Runner
from controller.runner.perform import FileStep, Performer
from controller.runner.task_router import TaskRouter
from controller.tasks import (
    Command,
    CommandProbe,
    Guard,
    Job,
    JobResult,
    PoolTask,
    Validation,
    ValidationResult,
    Work,
)
from tests.adapters.kubernetes.pods_stage import POOL, api_for, images
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import PODS, SLICES, Json
from tests.support.kubernetes.store import Event as Change
from tests.support.memory_journal import Holdings, MemoryHold, MemoryJournal, MemoryRequests
from tests.support.virtual import EPOCH

NAME, ROLLOUT = "web", "web-1"
EVERYTHING = Selection()
LONG = timedelta(seconds=120)
POLICIES = Policies(
    drain=DrainPolicy(timeout=LONG),
    comeback=ReturnPolicy(within=LONG),
    soak=timedelta(milliseconds=50),
    wait_for_capacity=LONG,
    gates=(),
)


class NoCommands:
    """Implements `controller.ports.Commands`: there are none."""

    async def run(self, job: Job) -> JobResult:
        raise AssertionError(job)

    async def run_briefly(self, command: Command) -> JobResult:
        raise AssertionError(command)

    def unstartable(self, command: Command) -> str | None:
        raise AssertionError(command)


@dataclass
class Witness:
    """What users meet, change by change."""

    cluster: FakeCluster
    fewest: int = 1 << 30
    met: list[tuple[str, str]] = field(default_factory=list)
    """(pod, image) of endpoints that became ready."""
    unproven: list[str] = field(default_factory=list)
    """Pods of a new version that users met before they had been validated."""
    proven: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset()
    """Images that users knew before."""
    _ready: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = frozenset(images(self.cluster).values())
        self.cluster.store.listeners.append(self.saw)

    def saw(self, change: Change) -> None:
        if change.kind != SLICES:
            return
        now = {
            endpoint["targetRef"]["uid"]: endpoint["targetRef"]["name"]
            for one in self.cluster.all(SLICES)
            for endpoint in one.get("endpoints") or ()
            if endpoint["conditions"].get("ready")
        }
        self.fewest = min(self.fewest, len(now))
        for uid in now.keys() - self._ready:
            name = now[uid]
            image = images(self.cluster).get(name, "gone")
            self.met.append((name, image))
            if uid not in self.proven and image not in self.known:
                self.unproven.append(f"{name} ({uid})")
        self._ready = set(now)


@dataclass
class Validator:
    """Implements `controller.ports.Validator`: an image that is bad fails."""

    rollout: "Rollout"
    witness: Witness
    bad: frozenset[str | tuple[str, str]] = frozenset()

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        self.rollout.validating += 1
        await asyncio.sleep(self.rollout.slow)
        probe = validations[0].probe
        assert isinstance(probe, CommandProbe)
        for pod in self.witness.cluster.all(PODS):
            if pod["status"].get("podIP") == probe.command.argv[0]:
                image = pod["spec"]["containers"][0]["image"]
                name = pod["metadata"]["name"]
                if image in self.bad or (name, image) in self.bad:
                    return ValidationResult(False, f"{image} answers 500")
                self.witness.proven.add(pod["metadata"]["uid"])
                return ValidationResult(True, image)
        return ValidationResult(False, f"nobody is at {probe.command.argv[0]}")

    def unusable(self, validation: Validation) -> str | None:
        """It is usable."""


@dataclass
class Rollout:
    """What outlives a process, and how the rollout is meant."""

    cluster: FakeCluster
    folder: Path
    pool: PodPool = POOL
    policies: Policies = POLICIES
    selection: Selection = EVERYTHING
    purpose: Purpose = Purpose.UPGRADE
    bad: frozenset[str | tuple[str, str]] = frozenset()
    budget: str = "5"
    timeout: float = 30
    """Seconds of each step."""
    clock: Clock = field(default_factory=SystemClock)
    journal: MemoryJournal = field(init=False)
    requests: MemoryRequests = field(init=False)
    witness: Witness = field(init=False)
    slow: float = 0
    """Seconds that a validation takes."""
    validating: int = 0
    """Validations so far."""

    def __post_init__(self) -> None:
        self.witness = Witness(self.cluster)
        self.journal, self.requests = MemoryJournal(self.clock), MemoryRequests(self.clock)

    def api(self) -> Api:
        return api_for(self.cluster, self.folder)

    def validator(self) -> ValidatorPort:
        return Validator(self, self.witness, self.bad)

    def work(self, step: FileStep) -> Work:
        if self.purpose is Purpose.REHEARSAL:
            return Work((), self._probes(step))
        is_back = step.course is Course.ROLLBACK or self.purpose is Purpose.ROLLBACK
        what, asks = ("restore", "is_former") if is_back else ("replace", "is_current")
        args = {"member": step.member}
        return Work(
            (PoolTask(what, timedelta(seconds=self.timeout), {**args, "budget": self.budget}),),
            self._probes(step),
            Guard(PoolTask(asks, LONG, args), frozenset({1})),
        )

    def _probes(self, step: FileStep) -> tuple[Validation, ...]:
        seats = getattr(step, "seats", ())
        address = seats[0].occupant.address if seats else ""
        return (Validation(CommandProbe(Command((address,), LONG))),)

    @property
    def has_guard(self) -> bool:
        return self.purpose is not Purpose.REHEARSAL

    @property
    def events(self) -> list[Event]:
        records = self.journal.written(ROLLOUT)
        return [decode(one.kind, one.body) for one in records if one.kind != PLAN]

    @property
    def told(self) -> str:
        """What steps said."""
        return "\n".join(one.output for one in self.events if isinstance(one, StepEnded))

    @property
    def evicted(self) -> list[str]:
        """Names of pods, in the order of their evictions."""
        return [line.split()[1] for line in self.told.splitlines() if line.startswith("evicted ")]

    def intended(self, kind: type[Step]) -> list[Step]:
        steps = [one.step for one in self.events if isinstance(one, Intended)]
        return [one for one in steps if isinstance(one, kind)]

    def writes(self) -> int:
        """Of ours, so far."""
        return len(self.cluster.faults.writes("poolroll"))

    async def plan(self, balancer: ServicePool) -> Plan:
        view = await balancer.look(balancer.instances[0], None)
        names = [line.member for line in view.lines]
        said = await balancer.survey(view, names)
        assert said.refusals == (), said.refusals
        proposal = propose(
            Settings(NAME, self.pool, self.selection, self.policies),
            {
                line.member: Member(line.member, line.occupant.address, line.occupant.port)
                for line in view.lines
                if line.occupant is not None
            },
            [view],
            ours={},
            upgrade=CourseShape(0 if self.purpose is Purpose.REHEARSAL else 1, self.has_guard),
            rollback=CourseShape(1, True) if self.purpose is Purpose.UPGRADE else None,
            purpose=self.purpose,
            abilities=said.abilities,
            by_hand=said.by_hand,
        )
        assert proposal.plan is not None, proposal.refusals
        return without_ramp(proposal.plan)

    async def run(
        self, *first: Event, is_new: bool = True, started: Callable[[Runner], None] | None = None
    ) -> State:
        """To its end, or until this process is killed (cancelled)."""
        clock, api = self.clock, self.api()
        balancer = ServicePool(api, self.pool, clock)
        try:
            if is_new:
                plan = await self.plan(balancer)
                row = RolloutRow(ROLLOUT, NAME, "", "", {}, EPOCH, "tester")
                await self.journal.begin(row, clock.now(), *encode(plan))
                state = initial(plan)
            else:
                plan, state = replay(self.journal.written(ROLLOUT))
            runner = Runner(
                ROLLOUT,
                plan,
                state,
                balancer=balancer,
                performer=Performer(
                    ROLLOUT,
                    balancer,
                    TaskRouter(NoCommands(), balancer),
                    self.validator(),
                    self.work,
                ),
                journal=self.journal,
                requests=self.requests,
                hold=MemoryHold(NAME, Holdings()),
                clock=clock,
            )
            if started is not None:
                started(runner)
            return await runner.run([RunBegan("tester"), *first])
        finally:
            await balancer.aclose()
            await api.aclose()


def ended(state: State) -> Finished:
    assert state.finished is not None
    return state.finished


def phases(state: State) -> dict[str, str]:
    return {name: str(m.phase) for name, m in state.members.items()}


def spec_of(workload: Json) -> Json:
    """But for the template."""
    return {key: value for key, value in workload["spec"].items() if key != "template"}

"""Whole rollouts over Nodes: the production runner and pool, in virtual time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from adapters.kubernetes.client.paths import BUDGETS, NODES, PODS
from adapters.kubernetes.nodes.pool import NodesPool
from controller.core.events import Event, Finished, Intended, RunBegan, StepEnded
from controller.core.plan.plan import CourseShape, Plan
from controller.core.plan.propose import propose
from controller.core.pool import Instant, Member
from controller.core.settings import (
    DrainPolicy,
    OnFailure,
    Policies,
    ReturnPolicy,
    Selection,
    Settings,
)
from controller.core.state.state import State, initial
from controller.core.steps import Course, Step
from controller.journal.codec import PLAN, decode, encode
from controller.journal.replay import replay
from controller.pools.kubernetes import Cluster, NodePool
from controller.ports import Commands
from controller.records import RolloutRow
from controller.runner.loop import Runner
from controller.runner.perform import FileStep, Performer
from controller.runner.task_router import TaskRouter
from controller.tasks import (
    Command,
    Job,
    JobResult,
    PoolTask,
    Task,
    Validation,
    ValidationResult,
    Work,
)
from tests.adapters.kubernetes.nodes.samples import a_budget, a_node, a_pod
from tests.adapters.kubernetes.nodes.world import Killed, MemoryApi, World, spread
from tests.support.memory_journal import Holdings, MemoryHold, MemoryJournal, MemoryRequests
from tests.support.virtual import EPOCH, LoopClock, run_virtually

NAME, ROLLOUT = "kernel", "kernel-1"
EXPECT = {"boot_id": "changed", "kubelet_version": "v1.36.2"}
NODE_POOL = NodePool(Cluster(), "role=web", expect=EXPECT, settle=timedelta(seconds=2))
POLICIES = Policies(
    drain=DrainPolicy(timeout=timedelta(minutes=2)),
    comeback=ReturnPolicy(within=timedelta(seconds=60)),
    soak=timedelta(seconds=2),
)
LONG = timedelta(minutes=2)
EVERYTHING = Selection()


def three_nodes() -> World:
    """With pods of two workloads, one of them under a budget, and a DaemonSet."""
    world = World()
    for name in ("n1", "n2", "n3"):
        world.add(NODES, a_node(name))
        world.add(PODS, a_pod(f"log-{name}", name, owner="DaemonSet/log", namespace="ops"))
    spread(world, "web", 3, 3)
    spread(world, "db", 3, 3, "StatefulSet")
    world.add(BUDGETS, a_budget("web", needs=2, of=3))
    return world


class RebootCommands:
    """Implements `controller.ports.Commands`: `reboot NODE` returns at once."""

    def __init__(self, world: World, ran: dict[str, JobResult]) -> None:
        self._world = world
        self._ran = ran
        """Key → how it ended; outlives the process."""

    async def run(self, job: Job) -> JobResult:
        if job.key in self._ran:
            return self._ran[job.key]
        if job.joins:
            return JobResult(lost=True)
        self._ran[job.key] = JobResult(exit_code=0)
        self._world.reboot(job.command.argv[1])
        return self._ran[job.key]

    async def run_briefly(self, command: Command) -> JobResult:
        return JobResult(exit_code=0)

    def unstartable(self, command: Command) -> str | None:
        """Every program is there."""


class Passes:
    """Implements `controller.ports.Validator`."""

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        return ValidationResult(True, "all passed")

    def unusable(self, validation: Validation) -> str | None:
        """It is usable."""


@dataclass
class Ground:
    """What outlives a process, and how the rollout is meant."""

    world: World = field(default_factory=three_nodes)
    pool: NodePool = NODE_POOL
    policies: Policies = POLICIES
    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal(LoopClock()))
    requests: MemoryRequests = field(default_factory=lambda: MemoryRequests(LoopClock()))
    ran: dict[str, JobResult] = field(default_factory=dict)
    own_node: str = ""
    selection: Selection = EVERYTHING
    steps: tuple[str, ...] = ("note_boot_id", "reboot", "node_is_back")
    template: str = ""
    long: timedelta = LONG
    """Of a step."""

    def work(self, step: FileStep) -> Work:
        course = "rollback" if step.course is Course.ROLLBACK else "upgrade"
        args = {"node": step.member, "course": course}
        made: dict[str, Task] = {
            "reboot": Command(("reboot", step.member), self.long),
            "job": PoolTask("job", self.long, {**args, "template": self.template}),
        }
        steps = tuple(made.get(name, PoolTask(name, self.long, args)) for name in self.steps)
        return Work(steps, ())

    @property
    def events(self) -> list[Event]:
        records = self.journal.written(ROLLOUT)
        return [decode(one.kind, one.body) for one in records if one.kind != PLAN]

    def intended(self, kind: type[Step], member: str) -> list[Step]:
        steps = [one.step for one in self.events if isinstance(one, Intended)]
        return [
            one for one in steps if isinstance(one, kind) and getattr(one, "member", "") == member
        ]


@dataclass
class Played:
    ground: Ground
    state: State

    @property
    def end(self) -> Finished:
        assert self.state.finished is not None
        return self.state.finished

    @property
    def told(self) -> str:
        """What steps said."""
        return "\n".join(one.output for one in self.ground.events if isinstance(one, StepEnded))

    @property
    def phases(self) -> dict[str, str]:
        return {name: str(m.phase) for name, m in self.state.members.items()}


async def plan_for(ground: Ground, balancer: NodesPool) -> Plan:
    view = await balancer.look(balancer.instances[0], None)
    names = [line.member for line in view.lines]
    said = await balancer.survey(view, names)
    assert not said.refusals, said.refusals
    proposal = propose(
        Settings(NAME, ground.pool, ground.selection, ground.policies),
        {name: Member(name, "10.0.0.1", 0) for name in names},
        [view],
        ours={},
        upgrade=CourseShape(len(ground.steps)),
        rollback=CourseShape(len(ground.steps))
        if ground.policies.on_failure is not OnFailure.HALT
        else None,
        abilities=said.abilities,
        by_hand=said.by_hand,
    )
    assert proposal.plan is not None, proposal.refusals
    return proposal.plan


async def roll(
    ground: Ground, balancer: NodesPool, commands: Commands, *, is_new: bool = True
) -> Played:
    """One process of the rollout, to its end."""
    clock = LoopClock()
    try:
        if is_new:
            plan = await plan_for(ground, balancer)
            row = RolloutRow(ROLLOUT, NAME, "", "", {}, EPOCH, "tester")
            await ground.journal.begin(row, clock.now(), *encode(plan))
            state = initial(plan)
        else:
            plan, state = replay(ground.journal.written(ROLLOUT))
        performer = Performer(
            ROLLOUT, balancer, TaskRouter(commands, balancer), Passes(), ground.work
        )
        runner = Runner(
            ROLLOUT,
            plan,
            state,
            balancer=balancer,
            performer=performer,
            journal=ground.journal,
            requests=ground.requests,
            hold=MemoryHold(NAME, Holdings()),
            clock=clock,
        )
        return Played(ground, await runner.run([RunBegan("tester")]))
    finally:
        await balancer.aclose()


async def _in_memory(ground: Ground, *, is_new: bool) -> Played:
    api = MemoryApi(ground.world)
    balancer = NodesPool(api, ground.pool, LoopClock(), own_node=ground.own_node)
    return await roll(ground, balancer, RebootCommands(ground.world, ground.ran), is_new=is_new)


def play(ground: Ground, *, at: Instant = timedelta(seconds=1), is_new: bool = True) -> Played:
    return run_virtually(_in_memory(ground, is_new=is_new), at)


def killed(ground: Ground, number: int, when: str) -> bool:
    """Play until that write; whether there was one."""
    ground.world.kill_at = (number, when)
    try:
        play(ground)
    except (Killed, BaseExceptionGroup):
        return True
    return False

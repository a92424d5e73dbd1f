"""Tasks go to whoever performs that kind."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from controller.core.pool import LineKey, Occupant, Seat
from controller.ports import Commands, Tasks
from controller.runner.task_router import TaskRouter
from controller.tasks import Command, Job, JobResult, PoolTask, Task, TaskJob

COMMAND = Command(("upgrade", "web1"), timedelta(seconds=9))
EVICTION = PoolTask("evict", timedelta(seconds=9), {"pod": "web-0"})
SEATS = (Seat(LineKey("api", "shop/web"), Occupant("uid-1", "10.0.0.1", 80)),)


class Host:
    """Implements `controller.ports.Commands`: says what it was asked."""

    async def run(self, job: Job) -> JobResult:
        said = f"{job.key} {' '.join(job.command.argv)} {' '.join(job.places)}"
        return JobResult(exit_code=0, output=said.rstrip())

    async def run_briefly(self, command: Command) -> JobResult:
        return JobResult(exit_code=1, output=" ".join(command.argv))

    def unstartable(self, command: Command) -> str | None:
        return f"{command.argv[0]}: not found"


class Pool:
    """Implements `controller.ports.Tasks` for tasks of a pool."""

    async def run(self, job: TaskJob) -> JobResult:
        return JobResult(
            exit_code=0, output=f"{job.key} {job.task.label} {job.seats[0].occupant.id}"
        )

    async def ask(self, task: Task) -> JobResult:
        return JobResult(exit_code=1, output=task.label)

    def unstartable(self, task: Task) -> str | None:
        return None


@dataclass(frozen=True)
class Wave:
    """A kind of task that nobody here has heard of."""

    label: str = "wave"
    timeout: timedelta = timedelta(seconds=9)
    ok: frozenset[int] = frozenset({0})


def router(*, has_tasks: bool = True) -> TaskRouter:
    host: Commands = Host()
    pool: Tasks = Pool()
    return TaskRouter(host, pool if has_tasks else None)


@pytest.mark.parametrize(
    ("task", "said"),
    [(COMMAND, "k upgrade web1 app"), (EVICTION, "k evict uid-1")],
    ids=["cmd", "own"],
)
async def test_each_is_run_where_it_belongs(task: Task, said: str) -> None:
    """A command on this machine, with what tells the member from its namesakes; a task of the pool
    by the pool, pinned to who is meant."""
    result = await router().run(TaskJob("k", task, SEATS, places=frozenset({"app"})))
    assert (result.exit_code, result.output) == (0, said)


@pytest.mark.parametrize(
    ("task", "said"), [(COMMAND, "upgrade web1"), (EVICTION, "evict")], ids=["cmd", "own"]
)
async def test_each_is_asked_where_it_belongs(task: Task, said: str) -> None:
    """Questions go the same ways."""
    result = await router().ask(task)
    assert (result.exit_code, result.output) == (1, said)


async def test_a_pool_without_tasks_refuses_them() -> None:
    """It could not be started, and what it was is said: before anything is touched, too."""
    alone, words = router(has_tasks=False), "this kind of pool has no task 'evict'"
    assert (await alone.run(TaskJob("k", EVICTION))).fault == words
    assert (await alone.ask(EVICTION)).fault == words
    assert alone.unstartable(EVICTION) == words
    assert router().unstartable(EVICTION) is None
    assert alone.unstartable(COMMAND) == "upgrade: not found"


async def test_another_kind_of_task() -> None:
    """Its type alone says who performs it."""
    waves = TaskRouter(Host(), None, {Wave: Pool()})
    assert (await waves.run(TaskJob("k", Wave(), SEATS))).output == "k wave uid-1"
    assert (await waves.ask(Wave())).output == "wave"
    assert waves.unstartable(Wave()) is None
    assert (await router().ask(Wave())).fault == "this kind of pool has no task 'wave'"

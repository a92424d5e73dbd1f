"""Routes tasks by kind: commands to this machine, the pool's own to its adapter, any other to the
adapter of that kind."""

from collections.abc import Mapping
from typing import Final

from controller.ports import Commands, Tasks
from controller.tasks import Command, Job, JobResult, PoolTask, Task, TaskJob


class TaskRouter:
    """Implements `controller.ports.Tasks`."""

    def __init__(
        self,
        commands: Commands,
        pool: Tasks | None = None,
        kinds: Mapping[type[Task], Tasks] | None = None,
    ) -> None:
        """`pool`: performs the pool's own kinds of task; None: this kind of pool has none. `kinds`:
        type of task → who performs it."""
        self._kinds: Final[dict[type[Task], Tasks]] = {Command: _Local(commands), **(kinds or {})}
        if pool is not None:
            self._kinds[PoolTask] = pool

    async def run(self, job: TaskJob) -> JobResult:
        return await self._performer(job.task).run(job)

    async def ask(self, task: Task) -> JobResult:
        return await self._performer(task).ask(task)

    def unstartable(self, task: Task) -> str | None:
        return self._performer(task).unstartable(task)

    def _performer(self, task: Task) -> Tasks:
        return self._kinds.get(type(task), _NOBODY)


class _Local:
    """Commands on this machine as one kind of task."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def run(self, job: TaskJob) -> JobResult:
        assert isinstance(job.task, Command)
        local = Job(job.key, job.task, job.joins, job.is_new, places=job.places)
        return await self._commands.run(local)

    async def ask(self, task: Task) -> JobResult:
        assert isinstance(task, Command)
        return await self._commands.run_briefly(task)

    def unstartable(self, task: Task) -> str | None:
        assert isinstance(task, Command)
        return self._commands.unstartable(task)


class _Nobody:
    async def run(self, job: TaskJob) -> JobResult:
        return _unknown(job.task)

    async def ask(self, task: Task) -> JobResult:
        return _unknown(task)

    def unstartable(self, task: Task) -> str | None:
        return _unknown(task).fault


_NOBODY: Final[Tasks] = _Nobody()


def _unknown(task: Task) -> JobResult:
    return JobResult(fault=f"this kind of pool has no task {task.label!r}")

"""Routes tasks by kind: commands to this machine, other tasks to the pool's own adapter."""

from controller.ports import Commands, Tasks
from controller.tasks import Command, Job, JobResult, Task, TaskJob


class TaskRouter:
    """Implements `controller.ports.Tasks`."""

    def __init__(self, commands: Commands, pool: Tasks | None = None) -> None:
        """`pool`: performs the pool's own kinds of task; None: this kind of pool has none."""
        self._commands = commands
        self._pool = pool

    async def run(self, job: TaskJob) -> JobResult:
        if isinstance(job.task, Command):
            return await self._commands.run(Job(job.key, job.task, job.joins, job.is_new))
        return await self._pool.run(job) if self._pool is not None else _unknown(job.task)

    async def ask(self, task: Task) -> JobResult:
        if isinstance(task, Command):
            return await self._commands.run_briefly(task)
        return await self._pool.ask(task) if self._pool is not None else _unknown(task)

    def unstartable(self, task: Task) -> str | None:
        if isinstance(task, Command):
            return self._commands.unstartable(task)
        return self._pool.unstartable(task) if self._pool is not None else _unknown(task).fault


def _unknown(task: Task) -> JobResult:
    return JobResult(fault=f"this kind of pool has no task {task.label!r}")

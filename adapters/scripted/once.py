"""A command that is run once for a change, whatever becomes of the process that runs it (S7)."""

from hashlib import sha256

from controller.core.gates.figures import span
from controller.errors import HookFailed
from controller.ports import Tasks
from controller.tasks import JobResult, Task, TaskJob

_SAID = 200
"""Characters of what it said last."""


async def run_once(
    tasks: Tasks, instance: str, what: str, member: str, task: Task, token: str
) -> None:
    """`what`: as the rollout file calls it; the same `token` means the same execution. Raises
    HookFailed."""
    digest = sha256(member.encode()).hexdigest()[:16]
    result = await tasks.run(TaskJob(f"{what}/{digest}/{token}", task))
    if result.exit_code not in task.ok:
        raise HookFailed(instance, f"`{what}` of {member} {_failure(result, task)}")


def _failure(result: JobResult, task: Task) -> str:
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    said = f": {lines[-1][:_SAID]}" if lines else ""
    if result.fault is not None:
        return f"could not be started: {result.fault}"
    if result.timed_out:
        return f"did not end in time ({span(task.timeout)}) and was ended{said}"
    if result.lost:
        return f"was cut off; how it ended is not known{said}"
    return (result.failure or result.end) + said

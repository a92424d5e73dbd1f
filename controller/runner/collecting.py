"""Fetches what `collect` names from one member. Whatever comes of it decides nothing."""

from collections.abc import Callable
from typing import Final

from controller.core.events import Collected
from controller.core.gates.figures import span
from controller.core.steps import Collect
from controller.errors import ConfigurationError
from controller.ports import Tasks
from controller.runner.patience import MORE, within
from controller.runner.questions import name_of
from controller.tasks import JobResult, Task, Work

KEPT: Final = 32_768
"""Characters of one output that go into the journal: of a longer one the first quarter and the
end."""


async def collected(step: Collect, work: Callable[[Collect], Work], tasks: Tasks) -> Collected:
    """Raises Overdue."""
    try:
        task = work(step).collects[step.index]
    except ConfigurationError as error:
        return ended(step, f"thing {step.index + 1}", unfilled(error))
    result = await within(task.timeout + MORE, tasks.ask(task))
    name, how = name_of(task), _how(result, task)
    return ended(step, name, how, bounded(result.output), result.seconds)


def ended(
    step: Collect, name: str, detail: str, output: str = "", seconds: float = 0.0
) -> Collected:
    return Collected(step.member, step.index, step.beside, name, detail, output, seconds)


def bounded(output: str) -> str:
    left_out = len(output) - KEPT
    if left_out <= 0:
        return output
    first, last = output[: KEPT // 4], output[-KEPT * 3 // 4 :]
    return f"{first}\n[... {left_out} characters left out ...]\n{last}"


def unfilled(error: ConfigurationError) -> str:
    """Why a template cannot be filled for the present occupant of the member."""
    return "; ".join(fault.message for fault in error.faults)


def _how(result: JobResult, task: Task) -> str:
    if result.fault is not None:
        return f"could not be asked: {result.fault}"
    if result.timed_out:
        return f"did not end in time ({span(task.timeout)})"
    return result.end if result.exit_code is not None else result.failure or "was cut off"

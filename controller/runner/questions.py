"""What `preflight` asks of one member, and what the answers mean.

Whatever is neither an answer nor clear counts against the member; what says nothing of it, because
nobody was reached there, is told apart.
"""

from collections.abc import Sequence
from shlex import join
from typing import Final

from controller.core.events import Reply
from controller.core.events.said import said_last
from controller.core.gates.figures import span
from controller.core.state.same_signal import SIGNALS
from controller.hosts import HostCommand
from controller.legible import legible_line
from controller.ports import Tasks
from controller.redaction import discreet
from controller.runner.patience import MORE, within
from controller.runner.printed import last_number
from controller.tasks import Command, JobResult, Question, Task

SSH_FAILED: Final = 255
"""Exit code of ssh when its connection failed or was cut (ssh(1), "EXIT STATUS")."""

SHOWN: Final = 80
"""Characters of a command that names a question."""


async def ask_all(questions: Sequence[Question], tasks: Tasks) -> tuple[Reply, str]:
    """One after the other; the first that is not reached ends it. Raises Overdue."""
    failing: list[str] = []
    for question in questions:
        result = await _answer(question.task, tasks)
        reply, said = replied(question, result)
        if reply is Reply.UNREACHED and not failing:
            return reply, legible_line(said)
        failing += [said] if reply is not Reply.HOLDS else []
        if reply is Reply.UNREACHED:
            break
    if failing:
        return Reply.FAILS, legible_line("; ".join(failing))
    return Reply.HOLDS, f"{len(questions)} asked" if len(questions) > 1 else "asked"


async def _answer(task: Task, tasks: Tasks) -> JobResult:
    limit = task.timeout + MORE
    result = await within(limit, tasks.ask(task))
    if is_cut(task, task.ok, result):
        result = await within(limit, tasks.ask(task))
    return result


def is_cut(task: Task, meant: frozenset[int], result: JobResult) -> bool:
    """Whether it was ended before it could answer: by the signal that stops poolroll, which comes
    to each process of a unit, or with its connection. `meant`: exit codes that are an answer."""
    is_by_ssh = result.exit_code == SSH_FAILED and is_ssh(task)
    return result.exit_code not in meant and (result.exit_code in SIGNALS or is_by_ssh)


def is_ssh(task: Task) -> bool:
    return isinstance(task, Command) and task.label.rpartition("/")[2] == "ssh"


def is_unreached(result: JobResult) -> bool:
    """Whether what came back says nothing of the member."""
    return result.timed_out or result.exit_code == SSH_FAILED


def replied(question: Question, result: JobResult) -> tuple[Reply, str]:
    """What an answer means, and in words: which question, what it said, and its limit."""
    task = question.task
    name = name_of(task)
    if result.exit_code not in task.ok:
        reply = Reply.UNREACHED if is_unreached(result) else Reply.FAILS
        return reply, f"{name} {_ended(result, task)}"
    if fault := _against(question, result.output):
        return Reply.FAILS, f"{name} {fault}"
    return Reply.HOLDS, name


def name_of(task: Task) -> str:
    """The question as an operator knows it: by its name, else by its command."""
    name = str(getattr(task, "name", ""))
    if name:
        return name
    argv: tuple[str, ...] = getattr(task, "argv", (task.label,))
    line = legible_line(discreet(join(argv)))
    return f"`{line if len(line) <= SHOWN else line[: SHOWN - 1] + '…'}`"


def _ended(result: JobResult, task: Task) -> str:
    said = said_last(result.output)
    told = f": {said}" if said else ""
    if result.fault is not None:
        return f"could not be asked: {result.fault}"
    if result.exit_code == SSH_FAILED and isinstance(task, HostCommand):
        return f"was not answered{told}"
    if result.timed_out:
        return f"did not end in time ({span(task.timeout)}){told}"
    if result.exit_code is None:
        return f"{result.failure or 'was cut off'}{told}"
    wanted = ", ".join(map(str, sorted(task.ok)))
    return f"{result.end}, and must end with {wanted}{told}"


def _against(question: Question, output: str) -> str:
    """Why what it printed does not hold; empty: it holds."""
    said = said_last(output) or "nothing"
    if question.contains and question.contains not in output:
        return f"did not print {question.contains!r}; it said: {said}"
    if question.minimum is None and question.maximum is None:
        return ""
    number = last_number(output)
    if isinstance(number, str):
        last = f"the last figure that it printed, {number!r}, is not a bare number" * bool(number)
        return f"{last or f'printed no number: {said}'}; min and max need one, without a unit"
    if question.minimum is not None and number < question.minimum:
        return f"printed {_figure(number)}, and must print at least {_figure(question.minimum)}"
    if question.maximum is not None and number > question.maximum:
        return f"printed {_figure(number)}, and must print at most {_figure(question.maximum)}"
    return ""


def _figure(number: float) -> str:
    return f"{number:.15g}"

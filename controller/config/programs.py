"""The programs that a rollout starts on this machine, with their places in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from controller.config.sections.upgrade import PLACEHOLDER, Upgrade
from controller.config.text.places import Trail
from controller.core.steps import Course
from controller.hosts import HostCommand
from controller.tasks import Command, CommandProbe, PoolTask, Task, Work


@dataclass(frozen=True, slots=True)
class Program:
    """A task, and the path of its program in the file."""

    trail: Trail
    task: Task
    may_come_later: bool = False
    """An earlier step may install its program."""


def programs_of(course: Course, section: Upgrade | None, work: Work) -> list[Program]:
    """All that `work` starts for one member, validations included."""
    found = []
    own = [step for step in work.steps if not isinstance(step, PoolTask)]
    for trail, step in zip(_places_of(section), own, strict=False):
        may_come_later = isinstance(step, Command) and step is not own[0]
        found.append(Program((course.value, *trail), step, may_come_later))
    guard = work.guard.task if work.guard is not None else None
    if isinstance(guard, Command | HostCommand):
        found.append(Program((course.value, "unless", _kind(guard), 0), guard))
    for at, question in enumerate(work.questions):
        found.append(Program(("preflight", at, _kind(question.task), 0), question.task))
    for at, task in enumerate(work.collects):
        found.append(Program(("collect", at, _kind(task), 0), task, may_come_later=True))
    for at, validation in enumerate(work.validations):
        if isinstance(validation.probe, CommandProbe):
            found.append(Program(("validate", at, "command", 0), validation.probe.command))
    return [one for one in found if one.task.label != PLACEHOLDER]


def _kind(task: Task) -> str:
    return "ssh" if isinstance(task, HostCommand) else "command"


def _places_of(section: Upgrade | None) -> Iterator[Trail]:
    """Where its steps stand, each with what is started first; then its proof."""
    if section is not None and section.command is not None:
        yield ("command", 0)
    for at, step in enumerate((section.steps if section is not None else None) or ()):
        if step.reboot is not None:
            yield ("steps", at, "reboot")
        else:
            yield ("steps", at, "command" if step.command is not None else "ssh", 0)
    yield ("expect",)

"""The section `preflight` → questions to one member."""

from collections.abc import Sequence

from controller.config.sections.questions import Question as Section
from controller.config.text import scalars
from controller.config.text.places import Trail
from controller.config.values.host_tasks import OnHost
from controller.hosts import HostCommand
from controller.tasks import Command, Question, Task


def questions_of(
    sections: Sequence[Section], where: OnHost, place: Trail = ("preflight",)
) -> tuple[Question, ...]:
    """Faults are recorded in what `where` fills."""
    return tuple(
        _question(section, where, (*place, index)) for index, section in enumerate(sections)
    )


def _question(section: Section, where: OnHost, place: Trail) -> Question:
    return Question(
        _task(section, where, place),
        None if section.min is None else scalars.number(section.min),
        None if section.max is None else scalars.number(section.max),
        where.filling.text((*place, "contains"), section.contains or ""),
    )


def _task(section: Section, where: OnHost, place: Trail) -> Task:
    argv, timeout = where.filling.argv, scalars.duration(section.timeout)
    ok, name = frozenset(section.exits), section.name or ""
    if section.ssh is not None:
        words = argv((*place, "ssh"), section.ssh)
        return HostCommand(where.access, words, timeout, where.env, ok, name)
    words = argv((*place, "command"), section.command or [])
    return Command(words, timeout, where.env, where.cwd, ok, name)

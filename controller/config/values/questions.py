"""The sections `preflight` and `collect` → questions to one member, and what is fetched from it."""

from collections.abc import Sequence

from controller.config.sections.collected import Collected
from controller.config.sections.questions import Question as Section
from controller.config.text import scalars
from controller.config.text.places import Trail
from controller.config.values.host_tasks import OnHost
from controller.hosts import HostCommand
from controller.tasks import DONE, Command, Question, Task


def questions_of(
    sections: Sequence[Section], where: OnHost, place: Trail = ("preflight",)
) -> tuple[Question, ...]:
    """Faults are recorded in what `where` fills."""
    return tuple(
        _question(section, where, (*place, index)) for index, section in enumerate(sections)
    )


def collects_of(sections: Sequence[Collected], where: OnHost) -> tuple[Task, ...]:
    """The same of `collect`: each is told however it ends."""
    return tuple(
        _task(section, where, ("collect", index), DONE) for index, section in enumerate(sections)
    )


def _question(section: Section, where: OnHost, place: Trail) -> Question:
    return Question(
        _task(section, where, place, frozenset(section.exits)),
        None if section.min is None else scalars.number(section.min),
        None if section.max is None else scalars.number(section.max),
        where.filling.text((*place, "contains"), section.contains or ""),
    )


def _task(section: Section | Collected, where: OnHost, place: Trail, ok: frozenset[int]) -> Task:
    argv, timeout = where.filling.argv, scalars.duration(section.timeout)
    name = section.name or ""
    if section.ssh is not None:
        words = argv((*place, "ssh"), section.ssh)
        return HostCommand(where.access, words, timeout, where.env, ok, name)
    words = argv((*place, "command"), section.command or [])
    return Command(words, timeout, where.env, where.cwd, ok, name)

"""The section `prepare` → what is done to a member days ahead, and asked again later."""

import hashlib
from datetime import timedelta

from controller.config.rollout_file import RolloutFile
from controller.config.sections.prepare import Prepare
from controller.config.text import scalars
from controller.config.text.ages import age
from controller.core.pool import Member
from controller.hosts import HostCommand
from controller.tasks import Command, Task


def section_of(file: RolloutFile) -> Prepare:
    """Raises ValueError where the file prepares nothing."""
    if file.rollout.prepare is None:
        raise ValueError("the rollout file has no prepare")
    return file.rollout.prepare


def valid_of(file: RolloutFile) -> timedelta:
    return age(section_of(file).valid)


def prepare_tasks(file: RolloutFile, member: Member, id_: str) -> tuple[Task, ...]:
    """Raises ConfigurationError where a template cannot be filled."""
    given = section_of(file)
    shop, timeout = file.workshop("prepare", member, id_, {}), scalars.duration(given.timeout)
    tasks = tuple(
        shop.errand(errand, ("prepare", "steps", at), timeout)
        for at, errand in enumerate(given.steps)
    )
    shop.filling.finish()
    return tasks


def fingerprint_task(file: RolloutFile, member: Member) -> Task | None:
    """None: the file asks nothing."""
    given = section_of(file)
    if given.fingerprint is None:
        return None
    shop, timeout = file.workshop("prepare", member, "", {}), scalars.duration(given.timeout)
    task = shop.errand(given.fingerprint, ("prepare", "fingerprint"), timeout)
    shop.filling.finish()
    return task


def purpose_of(file: RolloutFile, member: Member) -> str:
    """A digest of what is run where: with another version or another host it is another one.
    Raises ConfigurationError."""
    told = [_told(task) for task in prepare_tasks(file, member, "")]
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _told(task: Task) -> tuple[object, ...]:
    match task:
        case HostCommand(access=access, argv=argv):
            return ("ssh", str(access.host), argv)
        case Command(argv=argv):
            return ("command", argv)
        case _:
            return (task.label,)

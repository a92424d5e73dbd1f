"""Which hosts the steps of a run go to, and what each is asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.config import RolloutFile
from controller.core.plan.plan import Purpose
from controller.core.pool import Member
from controller.core.steps import Course
from controller.hosts import HostCommand, HostTask, Proof, Reboot
from controller.hosts_seen import HostQuestion, Restart
from controller.tasks import PoolTask, Task


@dataclass(frozen=True, slots=True)
class Visit:
    """What the steps of one member do on its host."""

    question: HostQuestion
    restart: Restart
    first: str = ""
    """The program of the first step, where that runs on the host: nothing installs it before."""
    may_be_asked: bool = False
    """A former step may say that a reboot is needed, whatever the host says."""


def visits(file: RolloutFile, members: Sequence[Member], purpose: Purpose) -> Mapping[str, Visit]:
    """By member; none for those whose steps go to no host. A rehearsal has no steps."""
    if purpose is Purpose.REHEARSAL:
        return {}
    course = purpose.course
    found = ((member.name, _visit(file, member, course)) for member in members)
    return {name: visit for name, visit in found if visit is not None}


def _visit(file: RolloutFile, member: Member, course: Course) -> Visit | None:
    work = file.work(course, member, "check")
    back = file.work(Course.ROLLBACK, member, "check").steps if file.has_rollback else ()
    guard = () if work.guard is None else (work.guard.task,)
    there = list(_on_host((*work.steps, *guard, *back)))
    if not there:
        return None
    reboots = [one for one in work.steps if isinstance(one, Reboot)]
    needed = next((one.question for one in reboots if one.question), ())
    commands = [one.argv[0] for one in work.steps if isinstance(one, HostCommand | Reboot)]
    asks = all(one.is_conditional for one in reboots)
    first = next((one for one in work.steps if not isinstance(one, PoolTask)), None)
    return Visit(
        HostQuestion(there[0].access, needed, tuple(dict.fromkeys(commands))),
        Restart.NEVER if not reboots else Restart.NEEDED if asks else Restart.ALWAYS,
        first.argv[0] if isinstance(first, HostCommand | Reboot) else "",
        any(any(one.asked_by) for one in reboots),
    )


def _on_host(tasks: Sequence[Task]) -> Iterator[HostTask]:
    return (one for one in tasks if isinstance(one, HostCommand | Reboot | Proof))

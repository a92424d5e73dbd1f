"""How many steps each direction has, and what is special about them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from controller.config import Program, RolloutFile
from controller.config.snapshots import create_task, drop_task, revert_task
from controller.core.gates.gate import MetricGate
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.pool import Member
from controller.core.settings import OnFailure
from controller.core.steps import Course
from controller.tasks import Command, PoolTask, Work

NO_WINDOW: Final = timedelta(seconds=1)
"""For `${window}`, where templates are filled only to check them."""
CHECK: Final = "check"
"""For `${rollout.id}` and `${snapshot.id}`, likewise."""


def shapes(
    file: RolloutFile, members: Sequence[Member], purpose: Purpose = Purpose.UPGRADE
) -> tuple[CourseShape, CourseShape | None]:
    """Fill every template once, so that none fails half-way. Raises ConfigurationError."""
    upgrade, back = CourseShape(0), None
    policies = file.settings.policies
    reverts = policies.on_failure is OnFailure.REVERT_MEMBER and purpose is not Purpose.ROLLBACK
    metrics = [gate for gate in policies.gates if isinstance(gate, MetricGate)]
    for member in members:
        for gate in metrics:
            file.queries(gate, member, CHECK, NO_WINDOW)
        list(snapshot_programs(file, member))
        work = file.work(Course.UPGRADE, member, CHECK)
        is_guarded, saves = work.guard is not None, file.rollout.snapshot is not None
        irreversible, is_asked = _irreversible(file, work), bool(work.questions)
        upgrade = CourseShape(len(work.steps), is_guarded, is_asked, saves, irreversible)
        if reverts:
            file.work(Course.ROLLBACK, member, CHECK)
            back = CourseShape(1)
        elif file.has_rollback:
            work = file.work(Course.ROLLBACK, member, CHECK)
            back = CourseShape(len(work.steps), work.guard is not None)
    return upgrade, back


def _irreversible(file: RolloutFile, work: Work) -> int | None:
    """The pool's own steps may stand before those of the file."""
    own = [at for at, task in enumerate(work.steps) if not isinstance(task, PoolTask)]
    for at, step in enumerate(file.rollout.upgrade.steps or ()):
        if step.reversible is False:
            return own[0] + at
    return None


def snapshot_programs(file: RolloutFile, member: Member) -> Iterator[Program]:
    """What is started on this machine for a snapshot. Raises ConfigurationError."""
    if file.rollout.snapshot is None:
        return
    made = {
        "create": create_task(file, member, CHECK, CHECK),
        "revert": revert_task(file, member, CHECK, CHECK),
        "drop": drop_task(file, member, CHECK, CHECK),
    }
    for name, task in made.items():
        if task is not None:
            way = "command" if isinstance(task, Command) else "ssh"
            yield Program(("snapshot", name, way, 0), task)

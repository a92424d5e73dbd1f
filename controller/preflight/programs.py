"""Whether the programs that a rollout starts, and the files that its validations read, are there on
this machine. Starts none."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from controller.config import Program, RolloutFile, Trail
from controller.config.stand_in import stand_in
from controller.core.gates.quiet import Quiet
from controller.core.plan.plan import Purpose
from controller.core.pool import Member
from controller.core.steps import Course
from controller.ports import Tasks, Validator
from controller.preflight.shapes import snapshot_programs
from controller.tasks import Validation

ONCE: Final = timedelta(seconds=1)
"""A question that is not asked yet."""


def missing_programs(
    file: RolloutFile, members: Sequence[Member], purpose: Purpose, tasks: Tasks
) -> tuple[list[str], list[str]]:
    """Programs that cannot be started on this machine, as reasons to refuse, and as notes where an
    earlier step may install them. Otherwise a typo would show only when a member is out."""
    found: dict[tuple[Trail, str, bool], list[str]] = {}
    for member in members:
        for one in _programs(file, member, purpose):
            if (fault := tasks.unstartable(one.task)) is not None:
                found.setdefault((one.trail, fault, one.may_come_later), []).append(member.name)
    refusals: list[str] = []
    notes: list[str] = []
    for (trail, fault, may_come_later), names in found.items():
        whose = "" if len(names) == len(members) else f"{', '.join(names)}: "
        mend = "name a program of this machine, by its path or as PATH finds it"
        if trail[0] == "collect":
            mend = "nothing would be collected by it"
        elif may_come_later:
            mend = "an earlier step must install it, or the rollout halts there"
        (notes if may_come_later else refusals).append(
            file.located(trail, f"{whose}{fault}; {mend}")
        )
    return refusals, notes


def unusable_validations(
    file: RolloutFile, members: Sequence[Member], purpose: Purpose, validator: Validator
) -> list[str]:
    """Validations that no member could pass from this machine, as reasons to refuse."""
    course = purpose.course
    found: dict[str, None] = {}
    for member in members:
        checks: list[tuple[Trail, Validation]] = [
            (("validate", at, "http", "ca"), validation)
            for at, validation in enumerate(file.work(course, member, "check").validations)
        ]
        if file.settings.policies.quiet is Quiet.THROUGH:
            probe = stand_in(file, course, member, "check")
            checks.append((("quiet", "through", "ca"), Validation(probe, ONCE, ONCE)))
        for trail, validation in checks:
            if (fault := validator.unusable(validation)) is not None:
                mend = "name a PEM file that this user may read"
                found[file.located(trail, f"{fault}; {mend}")] = None
    return list(found)


def _programs(file: RolloutFile, member: Member, purpose: Purpose) -> list[Program]:
    """The programs of a rollout of that purpose, each once."""
    found = [] if purpose is Purpose.ROLLBACK else file.programs(Course.UPGRADE, member, "check")
    if purpose is Purpose.REHEARSAL:
        return [one for one in found if one.trail[0] in ("preflight", "validate")]
    if purpose is Purpose.UPGRADE:
        found += snapshot_programs(file, member)
    back = file.programs(Course.ROLLBACK, member, "check") if file.has_rollback else []
    seen = {(one.trail, one.task.label) for one in found}
    return found + [one for one in back if (one.trail, one.task.label) not in seen]

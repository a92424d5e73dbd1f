"""`unless` and, for a rehearsal, validations of every member before anything is touched."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.plan.plan import Purpose
from controller.core.pool import Member
from controller.core.steps import Course
from controller.ports import Tasks, Validator
from controller.runner.perform import weigh

AT_ONCE: Final = 8
"""Concurrent questions to hosts."""


async def ask_guards(
    file: RolloutFile,
    members: Sequence[Member],
    tasks: Tasks,
    purpose: Purpose = Purpose.UPGRADE,
) -> dict[str, tuple[Answer, str]]:
    """The answer of `unless` for each of `members`; empty without `unless`."""
    slots = asyncio.Semaphore(AT_ONCE)
    course = Course.ROLLBACK if purpose is Purpose.ROLLBACK else Course.UPGRADE

    async def ask(member: Member) -> tuple[str, tuple[Answer, str]] | None:
        guard = file.work(course, member, "plan").guard
        if guard is None:
            return None
        async with slots:
            return member.name, weigh(guard, await tasks.ask(guard.task))

    return dict(filter(None, await asyncio.gather(*map(ask, members))))


def refused_guards(answers: Mapping[str, tuple[Answer, str]]) -> list[str]:
    """Refused answers of `unless`, as reasons to refuse."""
    return [
        f"{name}: {said}" for name, (answer, said) in answers.items() if answer is Answer.REFUSED
    ]


async def failing_validations(
    file: RolloutFile, members: Sequence[Member], validator: Validator
) -> list[str]:
    """Reasons to refuse a rehearsal: every member must pass its validation as it is now, or it
    would be taken out and not be put back. None without `members`."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def check(member: Member) -> str | None:
        work = file.work(Course.UPGRADE, member, "check")
        async with slots:
            result = await validator.validate(work.validations)
        return None if result.passed else f"{member.name} as it is: {result.detail}"

    failing = list(filter(None, await asyncio.gather(*map(check, members))))
    if failing:
        failing.append(
            "a rehearsal changes no version: give the one that runs now, such as --set version=…"
        )
    return failing

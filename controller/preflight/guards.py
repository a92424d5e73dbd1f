"""`unless` and, for a rehearsal, validations of every member before anything is touched."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.plan.budget import budget_of
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.core.steps import Course
from controller.ports import Clock, Tasks, Validator
from controller.preflight.waiting import told_who
from controller.report.words import about, count, names
from controller.runner.perform import weigh

AT_ONCE: Final = 16
"""Concurrent questions to hosts."""


async def ask_guards(
    file: RolloutFile,
    members: Sequence[Member],
    tasks: Tasks,
    purpose: Purpose = Purpose.UPGRADE,
    *,
    clock: Clock,
    tell: Callable[[str], None],
) -> dict[str, tuple[Answer, str]]:
    """The answer of `unless` for each of `members`; empty without `unless`. `tell`: whom it waits
    for, where that takes a while."""
    slots = asyncio.Semaphore(AT_ONCE)
    asked: dict[str, None] = {}
    course = purpose.course

    async def ask(member: Member) -> tuple[str, tuple[Answer, str]] | None:
        guard = file.work(course, member, "plan").guard
        if guard is None:
            return None
        async with slots:
            asked[member.name] = None
            answer = weigh(guard, await tasks.ask(guard.task))
            del asked[member.name]
            return member.name, answer

    asking = f"asking `unless` of {count(len(members), 'member')}"
    async with told_who(asking, asked, clock, tell):
        return dict(filter(None, await asyncio.gather(*map(ask, members))))


def refused_guards(
    answers: Mapping[str, tuple[Answer, str]], skipped: Collection[str]
) -> list[str]:
    """Answers of `unless` that are neither yes nor no, as reasons to refuse. `skipped`: see
    `unreached`."""
    bad = (Answer.REFUSED, Answer.UNREACHED)
    return [
        about(name, said)
        for name, (answer, said) in answers.items()
        if answer in bad and name not in skipped
    ]


def unreached(
    plan: Plan, answers: Mapping[str, tuple[Answer, str]], also: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Members that were not reached and that the budget lets be skipped, none where there are more;
    and reasons to refuse. `also`: who was not reached by another question."""
    silent = [name for name, (answer, _) in answers.items() if answer is Answer.UNREACHED]
    found = list(dict.fromkeys((*silent, *also)))
    most = budget_of(plan)
    if most is None or not found:
        return [], []
    if canaries := [name for name in found if name in plan.canaries]:
        return [], [f"a canary is never skipped: {names(canaries)}"]
    if len(found) > most:
        said = f"failures.max ({plan.policies.skips}) lets {most} be skipped"
        return [], [f"{count(len(found), 'member')} not reached, and {said}"]
    return found, []


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

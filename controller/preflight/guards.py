"""`unless` and validations, asked of every member before the first one is touched."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Final, Literal

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.errors import Refused
from controller.ports import Tasks, Validator
from controller.preflight.survey import Findings
from controller.runner.perform import weigh

AT_ONCE: Final = 8
"""Questions to hosts (`unless`) under way at the same time."""


async def ask_guards(
    file: RolloutFile,
    members: Sequence[Member],
    tasks: Tasks,
    purpose: Purpose = Purpose.UPGRADE,
) -> dict[str, tuple[Answer, str]]:
    """What `unless` says of each of `members` now; empty without one."""
    gangway = asyncio.Semaphore(AT_ONCE)
    course: Literal["upgrade", "rollback"] = (
        "rollback" if purpose is Purpose.ROLLBACK else "upgrade"
    )

    async def ask(member: Member) -> tuple[str, tuple[Answer, str]] | None:
        guard = file.work(course, member, "plan").guard
        if guard is None:
            return None
        async with gangway:
            return member.name, weigh(guard, await tasks.ask(guard.task))

    return dict(filter(None, await asyncio.gather(*map(ask, members))))


async def check_guards(file: RolloutFile, plan: Plan, tasks: Tasks, only: Collection[str]) -> None:
    """Ask `unless` of every member (of `only` these) before the first is touched; it is asked
    again when a member's turn has come. Raises Refused for an answer that is neither yes nor no."""
    if not plan.upgrade.has_guard:  # a rehearsal asks nobody
        return
    asked = [member for member in plan.members if not only or member.name in only]
    answers = await ask_guards(file, asked, tasks, plan.purpose)
    refused = [
        f"{name}: {said}" for name, (answer, said) in answers.items() if answer is Answer.REFUSED
    ]
    if refused:
        raise Refused(*refused)


async def check_before_rehearsal(found: Findings, validator: Validator) -> None:
    """A rehearsal leaves every member as it is, so each must pass its validation as it is now:
    else it would be taken out and not be put back. Raises Refused."""
    plan = found.proposal.plan
    if plan is None:
        return
    gangway = asyncio.Semaphore(AT_ONCE)

    async def check(member: Member) -> str | None:
        work = found.file.work("upgrade", member, "check")
        async with gangway:
            result = await validator.validate(work.validations)
        return None if result.passed else f"{member.name} as it is: {result.detail}"

    failing = list(filter(None, await asyncio.gather(*map(check, plan.members))))
    if failing:
        raise Refused(
            *failing,
            "a rehearsal changes no version: give the one that runs now, like --set version=…",
        )

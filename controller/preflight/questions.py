"""`preflight` of every member, before anything is touched."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from controller.config import RolloutFile
from controller.core.events import Reply
from controller.core.pool import Member
from controller.core.steps import Course
from controller.ports import Clock, Tasks
from controller.preflight.guards import AT_ONCE
from controller.preflight.waiting import told_who
from controller.report.words import count
from controller.runner.patience import Overdue
from controller.runner.questions import ask_all

Replies = Mapping[str, tuple[Reply, str]]
"""Member → what it answered, in words."""

MEND: Final = "put that right, or leave the member out (pool.members.exclude)"


async def ask_questions(
    file: RolloutFile,
    members: Sequence[Member],
    tasks: Tasks,
    *,
    clock: Clock,
    tell: Callable[[str], None],
) -> Replies:
    """`tell`: whom it waits for, where that takes a while."""
    slots = asyncio.Semaphore(AT_ONCE)
    asked: dict[str, None] = {}

    async def ask(member: Member) -> tuple[str, tuple[Reply, str]]:
        questions = file.work(Course.UPGRADE, member, "plan").questions
        async with slots:
            asked[member.name] = None
            try:
                return member.name, await ask_all(questions, tasks)
            except Overdue as error:
                return member.name, (Reply.UNREACHED, f"`preflight`: {error}")
            finally:
                del asked[member.name]

    asking = f"asking `preflight` of {count(len(members), 'member')}"
    async with told_who(asking, asked, clock, tell):
        return dict(await asyncio.gather(*map(ask, members)))


def not_reached(replies: Replies) -> list[str]:
    return [name for name, (reply, _) in replies.items() if reply is Reply.UNREACHED]


def refused_questions(replies: Replies, aside: Collection[str]) -> list[str]:
    """A line for each member that may not be touched, as reasons to refuse. `aside`: members to
    which nothing will be done."""
    return [
        f"{name}: {'not reached: ' if reply is Reply.UNREACHED else ''}{said}; {MEND}"
        for name, (reply, said) in replies.items()
        if reply is not Reply.HOLDS and name not in aside
    ]

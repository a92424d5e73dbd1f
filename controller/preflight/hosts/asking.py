"""Asks all hosts, side by side: each once, whatever number of members it has."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from controller.hosts_seen import HostQuestion, HostSeen, HostTrouble
from controller.ports import Clock, Hosts
from controller.preflight.waiting import told_who
from controller.report.words import count

AT_ONCE: Final = 16
"""Concurrent connections."""
BY_JUMP: Final = 8
"""The same through a jump host: sshd refuses some of more than ten that are not let in yet (its
MaxStartups, see sshd_config(5))."""
LONGEST: Final = timedelta(minutes=1)
EACH: Final = timedelta(seconds=1)
"""On top of that for each host: then the rest is not asked any more."""

Answer = HostSeen | HostTrouble


async def ask_hosts(
    questions: Mapping[str, HostQuestion],
    hosts: Hosts,
    clock: Clock,
    tell: Callable[[str], None],
) -> dict[str, Answer]:
    """`questions`: by member. `tell`: whom the answers wait for, where that takes a while."""
    alike: dict[str, tuple[HostQuestion, list[str]]] = {}
    for name, question in questions.items():
        alike.setdefault(repr(question), (question, []))[1].append(name)
    groups = list(alike.values())
    most = BY_JUMP if any(question.access.jump for question, _ in groups) else AT_ONCE
    slots, asked, answers = asyncio.Semaphore(most), dict[str, None](), dict[str, Answer]()

    async def ask(question: HostQuestion, members: Sequence[str]) -> None:
        async with slots:
            asked[question.access.host] = None
            answers.update(dict.fromkeys(members, await hosts.look(question)))
            asked.pop(question.access.host, None)

    limit = LONGEST + EACH * len(groups)
    asking = f"looking at {count(len(groups), 'host')} by ssh"
    looks = [asyncio.create_task(ask(*group)) for group in groups]
    over = asyncio.create_task(_over(limit, clock))
    async with told_who(asking, asked, clock, tell):
        await _until_all_or(over, looks)
    late = f"was not asked within {round(limit.total_seconds())}s, as others did not answer"
    return {
        name: answers.get(name) or HostTrouble(f"{question.access.host} {late}", is_away=True)
        for name, question in questions.items()
    }


async def _until_all_or(over: asyncio.Task[None], looks: Sequence[asyncio.Task[None]]) -> None:
    """What is not there then is cancelled. Raises what a look has raised."""
    every = asyncio.create_task(_all(looks))
    try:
        await asyncio.wait([over, every], return_when=asyncio.FIRST_COMPLETED)
        if every.done():
            await every
    finally:
        for one in (over, every, *looks):
            one.cancel()
        await asyncio.gather(over, every, *looks, return_exceptions=True)


async def _over(limit: timedelta, clock: Clock) -> None:
    await clock.sleep(limit)


async def _all(looks: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*looks)

"""Tasks at once, of whose errors one is raised."""

import asyncio

import pytest

from controller.errors import StateError
from controller.runner.task_group import task_group


async def test_the_first_error_of_ours_ends_the_others() -> None:
    """It is raised by itself, and no task is left running."""

    async def fail() -> None:
        raise StateError("the disk is full")

    waiting: list[asyncio.Task[bool]] = []

    async def both() -> None:
        async with task_group() as group:
            waiting.append(group.create_task(asyncio.Event().wait()))
            group.create_task(fail())

    with pytest.raises(StateError, match="the disk is full"):
        await both()
    assert waiting[0].cancelled()


async def test_a_bug_leaves_as_a_group() -> None:
    """With its traceback, whatever else failed."""

    async def fail() -> None:
        raise ValueError("a bug")

    async def both() -> None:
        async with task_group() as group:
            group.create_task(fail())

    with pytest.raises(ExceptionGroup):
        await both()

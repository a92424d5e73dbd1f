"""A task group that raises one error instead of an exception group."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.errors import first_of


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """As `asyncio.TaskGroup`: the first error cancels the other tasks. If all errors are of
    `controller.errors`, the first of them is raised by itself instead of a group."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        # Not `except*`: what is raised in it leaves as a group (seen with Python 3.11.2).
        raise first_of(errors) from None

"""Two locks as one: a pool that more than the state folder's users share is held in both."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import NoReturn

from controller.core.pool import PoolKey
from controller.errors import StateError
from controller.ports import Hold, Lock
from controller.records import Holder


class BothLocks:
    """Implements `controller.ports.Lock`."""

    def __init__(self, first: Lock, second: Lock) -> None:
        """`second`: what it holds comes with the name, so that its `add` never refuses keys."""
        self._first = first
        self._second = second

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator["BothHolds"]:
        """Taken one after the other, so that of two who come at once one has both; what a dead
        holder left is waited for in both at the same time."""
        glance = asyncio.ensure_future(self._glance_at_second(name))
        try:
            async with self._first.hold(name) as first:
                await glance
                async with self._second.hold(name) as second:
                    yield BothHolds(first, second)
        finally:
            glance.cancel()
            await asyncio.gather(glance, return_exceptions=True)

    async def _glance_at_second(self, name: str) -> None:
        with suppress(StateError):  # `hold` meets it, too, and in its turn
            await self._second.glance(name)

    async def glance(self, name: str) -> None:
        await self._first.glance(name)
        await self._second.glance(name)

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        if (refused := await self._first.refusal(name, keys)) is not None:
            return refused
        return await self._second.refusal(name, keys)

    async def holder(self, name: str) -> Holder | None:
        return await self._first.holder(name) or await self._second.holder(name)


class BothHolds:
    """Implements `controller.ports.Hold`."""

    def __init__(self, first: Hold, second: Hold) -> None:
        self._first = first
        self._second = second

    async def add(self, keys: Collection[PoolKey]) -> None:
        await self._first.add(keys)
        await self._second.add(keys)

    async def check(self) -> None:
        await self._first.check()
        await self._second.check()

    async def lost(self) -> NoReturn:
        """Whichever is lost first."""
        both = [asyncio.ensure_future(one.lost()) for one in (self._first, self._second)]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for one in both:
                if one.done():
                    one.result()
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        raise AssertionError("a lock is lost by an error")

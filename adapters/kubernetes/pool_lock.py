"""The lock of a pool whose name has to be found in the cluster first."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial
from typing import NoReturn

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import ApiError
from controller.core.pool import PoolKey
from controller.errors import LeaseLost, Refused, StateError
from controller.ports import Hold, Lock
from controller.records import Holder


class PoolLock:
    """Implements `controller.ports.Lock` by another one, which is made when it is needed."""

    def __init__(
        self, find: Callable[[], Awaitable[str]], make: Callable[[str], Lock], api: Api
    ) -> None:
        """`find`: the name of the pool, like `statefulset/web`; raises ApiError, Refused.

        `api`: what writes to the pool. While it is held, that is checked before each write: a step
        may take minutes, and a process that was frozen wakes up in the middle of it.
        """
        self._find = find
        self._make = make
        self._api = api
        self._lock: Lock | None = None

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[Hold]:
        async with (await self._made()).hold(name) as hold:
            self._api.before_writing = hold.check
            try:
                yield hold
            finally:
                self._api.before_writing = partial(_given_back, name)

    async def glance(self, name: str) -> None:
        await (await self._made()).glance(name)

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        return await (await self._made()).refusal(name, keys)

    async def holder(self, name: str) -> Holder | None:
        return await (await self._made()).holder(name)

    async def _made(self) -> Lock:
        if self._lock is None:
            try:
                self._lock = self._make(await self._find())
            except (ApiError, Refused) as error:
                raise StateError(f"the lock in the cluster: {error}") from error
        return self._lock


async def _given_back(name: str) -> NoReturn:
    """What goes on in the background until the process ends writes nothing any more."""
    raise LeaseLost(name, "it was given back")

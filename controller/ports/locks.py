"""One run a pool: a lock that can be lost."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import NoReturn, Protocol

from controller.core.pool import PoolKey
from controller.records import Holder


class Hold(Protocol):
    """A lock while it is held."""

    async def add(self, keys: Collection[PoolKey]) -> None:
        """Hold these keys too, all or none. Raises PoolHeld, LeaseLost."""

    async def check(self) -> None:
        """Raises LeaseLost unless it is certainly still held; to be awaited right before anything
        is touched."""

    async def lost(self) -> NoReturn:
        """Waits for as long as it is held, and raises LeaseLost when it no longer is."""


class Lock(Protocol):
    """One controller per pool (S10), for all that share a state folder; held while it lives."""

    def hold(self, name: str) -> AbstractAsyncContextManager[Hold]:
        """Hold the rollout of that name. Raises PoolHeld, which names the holder."""

    async def glance(self, name: str) -> None:
        """Look who holds it: the wait for a dead holder counts from now. Raises StateError."""

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Why `hold` or `add` would be refused now, in their words; holds nothing."""

    async def holder(self, name: str) -> Holder | None:
        """Who holds the rollout of that name now."""

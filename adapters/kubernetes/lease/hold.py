"""A pool while its Lease is held."""

from collections.abc import Collection
from typing import NoReturn

from adapters.kubernetes.lease.keeper import Keeper
from controller.core.pool import PoolKey


class LeaseHold:
    """Implements `controller.ports.Hold`."""

    def __init__(self, keeper: Keeper) -> None:
        self.is_over = False
        self._keeper = keeper

    @property
    def transitions(self) -> int:
        """The fencing number: it rises with each holder."""
        return self._keeper.transitions

    async def add(self, keys: Collection[PoolKey]) -> None:
        """All of the pool is held already."""
        if self.is_over:
            raise RuntimeError("keys are added inside the block that holds the name")
        await self._keeper.check()

    async def check(self) -> None:
        await self._keeper.check()

    async def lost(self) -> NoReturn:
        await self._keeper.lost()

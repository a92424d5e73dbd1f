"""The lock on a pool of a cluster: one Lease in the pool's own namespace, wherever the state is;
that of Nodes in `OF_NODES`."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

from adapters.kubernetes.client.objects import Objects
from adapters.kubernetes.lease.hold import LeaseHold
from adapters.kubernetes.lease.keyed import KeyedHold
from adapters.kubernetes.lease.others import NODES, overlapping
from adapters.kubernetes.lease.record import MANAGED, LeaseRecord
from adapters.kubernetes.lease.taking import Leases, Tell, quiet
from adapters.kubernetes.lease.words import check_name, pool_held, slug
from controller.core.pool import PoolKey
from controller.errors import PoolHeld
from controller.ports import Clock
from controller.records import Holder

OF_NODES: Final = "default"
"""Namespace of the Leases of Nodes, which have none: one that every cluster has, so that all meet
there, whatever their own is."""


def lease_name(pool_name: str) -> str:
    """Of the Lease of a pool: `poolroll-pool-statefulset-web`."""
    return f"poolroll-pool-{slug(pool_name)}"


class LeaseLock:
    """Implements `controller.ports.Lock`: whoever holds the Lease holds the whole pool, whatever
    the name of the rollout, and on whatever machine. One instance holds one rollout at a time."""

    def __init__(
        self,
        objects: Objects,
        namespace: str,
        pool_name: str,
        clock: Clock,
        by: str,
        *,
        tell: Tell = quiet,
        overlaps: bool = False,
    ) -> None:
        """`by`: the user, as shown to others; `tell`: takes a line for the log; `overlaps`: pools
        of other names in that namespace may have members in common with it. Touches nothing."""
        self._leases = Leases(objects, namespace, clock, by, tell)
        self._lease = lease_name(pool_name)
        self._pool = f"{namespace}/{pool_name}"
        self._overlaps = overlaps
        self._is_holding = False

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[LeaseHold]:
        """Waits until the Lease of a holder that died has lapsed. Raises PoolHeld, StateError."""
        check_name(name)
        if self._is_holding:
            raise RuntimeError("one LeaseLock holds one rollout at a time")
        labels = NODES if self._overlaps else MANAGED
        async with self._leases.held(self._lease, name, self._refused, labels) as keeper:
            self._is_holding = True
            hold = KeyedHold(self._leases, keeper, NODES) if self._overlaps else LeaseHold(keeper)
            try:
                yield hold
            finally:
                self._is_holding = False
                hold.is_over = True

    def _refused(self, record: LeaseRecord) -> PoolHeld:
        return pool_held(record, (self._pool,))

    async def glance(self, name: str) -> None:
        await self._leases.glance(self._lease)

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        if (record := await self._leases.live(self._lease)) is not None:
            return str(self._refused(record))
        wanted = keys if self._overlaps else ()
        others = await overlapping(self._leases, NODES, self._lease, wanted)
        for other, common in others.items():
            if (record := await self._leases.live(other)) is not None:
                return str(pool_held(record, common[1]))
        return None

    async def holder(self, name: str) -> Holder | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        record = await self._leases.live(self._lease)
        return record.holder if record is not None and record.rollout == name else None

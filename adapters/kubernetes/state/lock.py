"""The lock of all that share a state in a cluster: a Lease for each rollout name, which also says
what of the pools it holds."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

from adapters.kubernetes.client.objects import Objects
from adapters.kubernetes.lease.keyed import KeyedHold
from adapters.kubernetes.lease.others import ROLLOUTS, overlapping
from adapters.kubernetes.lease.record import LeaseRecord
from adapters.kubernetes.lease.taking import Leases, Tell, quiet
from adapters.kubernetes.lease.words import check_name, name_held, pool_held
from controller.core.pool import PoolKey
from controller.errors import PoolHeld
from controller.ports import Clock
from controller.records import Holder

_PREFIX: Final = "poolroll-run-"


def state_lease_name(name: str) -> str:
    """Of the Lease of a rollout name."""
    return f"{_PREFIX}{name}-lock"


class StateLock:
    """Implements `controller.ports.Lock`. One instance holds one rollout at a time."""

    def __init__(
        self, objects: Objects, namespace: str, clock: Clock, by: str, *, tell: Tell = quiet
    ) -> None:
        """`by`: the user, as shown to others; `tell`: takes a line for the log. Touches nothing."""
        self._leases = Leases(objects, namespace, clock, by, tell)
        self._is_holding = False

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[KeyedHold]:
        """Waits until the Lease of a holder that died has lapsed. Raises PoolHeld, StateError."""
        check_name(name)
        if self._is_holding:
            raise RuntimeError("one StateLock holds one rollout at a time")
        lease = state_lease_name(name)

        def refused(record: LeaseRecord) -> PoolHeld:
            return name_held(name, record)

        async with self._leases.held(lease, name, refused, ROLLOUTS) as keeper:
            self._is_holding = True
            hold = KeyedHold(self._leases, keeper, ROLLOUTS)
            try:
                yield hold
            finally:
                self._is_holding = False
                hold.is_over = True

    async def glance(self, name: str) -> None:
        check_name(name)
        await self._leases.glance(state_lease_name(name))

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        lease = state_lease_name(name)
        if (record := await self._leases.live(lease)) is not None:
            return str(name_held(name, record))
        others = await overlapping(self._leases, ROLLOUTS, lease, keys)
        for other, common in others.items():
            if (record := await self._leases.live(other)) is not None:
                return str(pool_held(record, common[1]))
        return None

    async def holder(self, name: str) -> Holder | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        record = await self._leases.live(state_lease_name(name))
        return None if record is None else record.holder

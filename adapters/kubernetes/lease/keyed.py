"""What of its pool a rollout has, told in its Lease, where others may want a part of the same."""

from collections.abc import Collection
from contextlib import suppress

from adapters.kubernetes.client.faults import Conflict, Forbidden, NotFound
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import LEASES
from adapters.kubernetes.lease.hold import LeaseHold
from adapters.kubernetes.lease.keeper import Keeper
from adapters.kubernetes.lease.others import overlapping
from adapters.kubernetes.lease.patches import release
from adapters.kubernetes.lease.record import LeaseRecord
from adapters.kubernetes.lease.sight import Sight
from adapters.kubernetes.lease.taking import EVERY, Leases, told_as_state
from adapters.kubernetes.lease.words import pool_held
from controller.core.pool import PoolKey
from controller.errors import PoolHeld


class KeyedHold(LeaseHold):
    """Implements `controller.ports.Hold`."""

    def __init__(self, leases: Leases, keeper: Keeper, labels: Json) -> None:
        """`labels`: of the Leases of those others."""
        super().__init__(keeper)
        self._leases = leases
        self._labels = labels

    async def add(self, keys: Collection[PoolKey]) -> None:
        """Told first and looked at then: of two who ask for the same at once, one sees the other,
        or both do. Waits until the Lease of a holder that died has lapsed, and breaks it."""
        if self.is_over:
            raise RuntimeError("keys are added inside the block that holds the name")
        await self._keeper.check()
        former = self._keeper.keys
        wanted = former | frozenset(keys)
        with told_as_state():
            await self._keeper.hold_keys(wanted)
            try:
                await self._wait_for_others(wanted)
            except PoolHeld:
                await self._keeper.hold_keys(former)
                raise

    async def _wait_for_others(self, wanted: frozenset[PoolKey]) -> None:
        clock, sights = self._leases.clock, dict[str, Sight]()
        while others := await overlapping(self._leases, self._labels, self._keeper.name, wanted):
            now = clock.now()
            for name, (record, common) in others.items():
                last = sights.get(name)
                sights[name] = sight = (
                    Sight(record, now) if last is None else last.seen(record, now)
                )
                if sight.is_alive:
                    raise pool_held(record, common)
                if sight.has_lapsed(now):
                    await self._break(name, record)
            await clock.sleep(EVERY)

    async def _break(self, name: str, record: LeaseRecord) -> None:
        """So that its holder, should it wake up, knows that it holds nothing any more. If somebody
        has written to it meanwhile, that is seen next time."""
        namespace = self._leases.namespace
        try:
            with suppress(Conflict, NotFound):
                await self._leases.objects.merge(LEASES, name, namespace, release(record.version))
        except Forbidden:
            raise PoolHeld(
                f"Lease {namespace}/{name}, of a rollout that was killed, names a part of this "
                f"pool, and may not be cleared by this user; once {record.words} is gone for "
                f"certain: kubectl --namespace {namespace} delete lease {name}"
            ) from None

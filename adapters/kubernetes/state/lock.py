"""The lock of all that share a state in a cluster: a Lease for each rollout name, which also says
what of the pools it holds."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Final, NoReturn

from adapters.kubernetes.faults import Conflict, NotFound
from adapters.kubernetes.lease.keeper import Keeper
from adapters.kubernetes.lease.lock import check_name
from adapters.kubernetes.lease.patches import release
from adapters.kubernetes.lease.record import MANAGED, LeaseRecord, Sight, read
from adapters.kubernetes.lease.taking import EVERY, Leases, Tell, quiet, told_as_state
from adapters.kubernetes.lease.words import name_held, pool_held
from adapters.kubernetes.objects import Objects
from adapters.kubernetes.paths import LEASES
from controller.core.pool import PoolKey
from controller.errors import PoolHeld
from controller.ports import Clock
from controller.records import Holder

LABELS: Final = {**MANAGED, "poolroll.dev/lock": "rollout"}
_SELECTOR: Final = ",".join(f"{key}={value}" for key, value in LABELS.items())
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
    async def hold(self, name: str) -> AsyncIterator["StateHold"]:
        """Waits until the Lease of a holder that died has lapsed. Raises PoolHeld, StateError."""
        check_name(name)
        if self._is_holding:
            raise RuntimeError("one StateLock holds one rollout at a time")
        lease = state_lease_name(name)

        def refused(record: LeaseRecord) -> PoolHeld:
            return name_held(name, record)

        async with self._leases.held(lease, name, refused, LABELS) as keeper:
            self._is_holding = True
            hold = StateHold(self._leases, keeper)
            try:
                yield hold
            finally:
                self._is_holding = False
                hold.is_over = True

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        lease = state_lease_name(name)
        if (record := await self._leases.live(lease)) is not None:
            return str(name_held(name, record))
        for other, common in (await overlapping(self._leases, lease, keys)).items():
            if (record := await self._leases.live(other)) is not None:
                return str(pool_held(record, common[1]))
        return None

    async def holder(self, name: str) -> Holder | None:
        """Creates nothing, and needs the right to read only."""
        check_name(name)
        record = await self._leases.live(state_lease_name(name))
        return None if record is None else record.holder


Overlapping = dict[str, tuple[LeaseRecord, frozenset[PoolKey]]]


async def overlapping(leases: Leases, but: str, keys: Collection[PoolKey]) -> Overlapping:
    """By name: the Leases of others who hold, or once held, some of these keys. Raises
    StateError."""
    if not keys:
        return {}
    with told_as_state():
        listed = await leases.objects.list(LEASES, leases.namespace, labels=_SELECTOR)
    found: Overlapping = {}
    for each in listed.items:
        record, name = read(each), str(each["metadata"]["name"])
        common = record.keys & frozenset(keys)
        if record.identity and common and name != but:
            found[name] = (record, common)
    return found


class StateHold:
    """Implements `controller.ports.Hold`."""

    def __init__(self, leases: Leases, keeper: Keeper) -> None:
        self.is_over = False
        self._leases = leases
        self._keeper = keeper

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
        while others := await overlapping(self._leases, self._keeper.name, wanted):
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
        with suppress(Conflict, NotFound):
            await self._leases.objects.merge(
                LEASES, name, self._leases.namespace, release(record.version)
            )

    async def check(self) -> None:
        await self._keeper.check()

    async def lost(self) -> NoReturn:
        await self._keeper.lost()

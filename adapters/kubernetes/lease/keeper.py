"""Keeps a Lease: renews it beside the run, and says whether it is certainly still held.

Where the API does not answer nobody can take the Lease either, so an outage loses nothing: after
`DEADLINE` nothing is touched until a renewal shows that nobody else has written to it.
"""

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn

from adapters.kubernetes.client.faults import ApiError, Conflict, NotFound, TooSlow
from adapters.kubernetes.client.objects import Json, Objects, version_of
from adapters.kubernetes.client.paths import LEASES
from adapters.kubernetes.lease.patches import claim, release, renewal
from adapters.kubernetes.lease.record import DEADLINE, RETRY, LeaseRecord, read
from controller.core.gates.figures import span
from controller.core.pool import Instant, PoolKey
from controller.errors import LeaseLost
from controller.ports import Clock
from controller.records import Holder

TRUSTED: Final = timedelta(seconds=5)
"""A renewal older than that is made anew before anything is touched: so what is touched then has
two thirds of the duration to be done."""
WITHIN: Final = timedelta(seconds=5)
"""Limit of one call: a server that is frozen answers nothing."""
ASIDE: Final = timedelta(seconds=2)
"""A machine that slept is known by its civil time: its monotonic clock stood still."""
DELETED: Final = "its Lease was deleted"
LAST: Final = timedelta(seconds=3)
"""How long the release at the end may take."""


class Keeper:
    """One Lease that was taken by `take`. `lost` also runs what renews it."""

    def __init__(
        self,
        objects: Objects,
        namespace: str,
        name: str,
        clock: Clock,
        holder: Holder,
        identity: str,
    ) -> None:
        self.why = ""
        """Why it is held no longer."""
        self.transitions = 0
        """The fencing number."""
        self.keys: frozenset[PoolKey] = frozenset()
        self.name = name
        self._objects = objects
        self._namespace = namespace
        self._clock = clock
        self._holder = holder
        self.identity = identity
        self._version = ""
        self._is_tried = False
        """It may be ours, whatever is known."""
        self._taken_at: Instant = clock.now()
        self._renewed_at: Instant = self._taken_at
        self._renewed_wall: datetime = clock.wall()
        self._one_call = asyncio.Lock()
        self._fault: Exception | None = None
        """An error of ours: a bug."""
        self._is_lost = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None

    async def take(self, record: LeaseRecord) -> None:
        """Raises ApiError; Conflict: somebody else has written to it meanwhile."""
        self._note_time()
        body = claim(record, self._holder, self.identity)
        self._is_tried = True
        found = read(await self._merge(body))
        self._version, self.transitions = found.version, found.transitions
        self._taken_at = self._renewed_at
        self._renewing = asyncio.create_task(self._renew_for_ever())

    async def hold_keys(self, keys: Collection[PoolKey]) -> None:
        """Tell others what is held. Raises ApiError, LeaseLost."""
        async with self._one_call:
            await self._renew(frozenset(keys))
        self._require()
        self.keys = frozenset(keys)

    async def check(self) -> None:
        """Returns once it is certainly held; waits while that cannot be known. Raises LeaseLost."""
        self._require()
        while not self._is_fresh():
            async with self._one_call:
                if not self._is_fresh() and not await self._try():
                    await self._clock.sleep(RETRY / 4)
            self._require()

    async def lost(self) -> NoReturn:
        """Raises LeaseLost; also what else keeps it from being renewed, which is a bug."""
        await self._is_lost.wait()
        self._require()
        raise self._fault or AssertionError("a Lease is lost for a reason")

    async def aclose(self) -> None:
        """Give it back, if it is ours: the next one need not wait until it lapses."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait((self._renewing,))
        if self.why or not self._is_tried:
            return
        with suppress(ApiError, TimeoutError):
            async with asyncio.timeout(LAST.total_seconds()):
                await self._give_back()

    async def _give_back(self) -> None:
        if self._version:
            with suppress(Conflict):
                await self._merge(release(self._version))
                return
        # Somebody has touched it; or whoever took it did not wait for the answer to that.
        record = await self._now()
        if record.identity == self.identity:
            await self._merge(release(record.version))

    def _require(self) -> None:
        if self.why:
            raise LeaseLost(self._holder.rollout, self.why)

    def _is_fresh(self) -> bool:
        age = self._clock.now() - self._renewed_at
        aside = self._clock.wall() - self._renewed_wall - age
        return age < TRUSTED and abs(aside) < ASIDE

    async def _renew_for_ever(self) -> None:
        while not self.why:
            await self._clock.sleep(RETRY)
            async with self._one_call:
                try:
                    if not self.why:
                        await self._try()
                except Exception as error:  # noqa: BLE001 - `lost` raises it, and it is tried on
                    self._fault = error
                    self._is_lost.set()

    async def _try(self) -> bool:
        """Renew it once; whether that is done."""
        before = self._renewed_at
        try:
            await self._renew()
        except ApiError as error:
            if not error.retryable and self._clock.now() - before >= DEADLINE:
                self._lose(f"its Lease could not be renewed for {span(DEADLINE)}: {error.words}")
            return False
        return not self.why

    async def _renew(self, keys: Collection[PoolKey] | None = None) -> None:
        """Raises ApiError."""
        try:
            await self._patch(keys)
        except NotFound:
            self._lose(DELETED)
        except Conflict:
            if await self._is_still_ours():
                await self._patch(keys)

    async def _patch(self, keys: Collection[PoolKey] | None) -> None:
        at, wall = self._clock.now(), self._clock.wall()
        # Its own times never go back, whatever is done to the civil time meanwhile.
        told = self._holder.since + (at - self._taken_at)
        self._version = version_of(await self._merge(renewal(self._version, told, keys)))
        self._renewed_at, self._renewed_wall = at, wall

    async def _is_still_ours(self) -> bool:
        """After a conflict: an answer of ours was lost, or somebody touched its labels. Raises
        ApiError."""
        try:
            record = await self._now()
        except NotFound:
            self._lose(DELETED)
            return False
        if record.identity == self.identity:
            self._version = record.version
            return True
        self._lose(
            f"its Lease was taken by {record.words}" if record.identity else "its Lease was cleared"
        )
        return False

    def _lose(self, why: str) -> None:
        self.why = why
        self._is_lost.set()

    def _note_time(self) -> None:
        self._renewed_at, self._renewed_wall = self._clock.now(), self._clock.wall()

    async def _now(self) -> LeaseRecord:
        return read(await self._limited(self._objects.get(LEASES, self.name, self._namespace)))

    async def _merge(self, body: Json) -> Json:
        call = self._objects.merge(LEASES, self.name, self._namespace, body)
        return await self._limited(call)

    async def _limited(self, call: Coroutine[Any, Any, Json]) -> Json:
        try:
            async with asyncio.timeout(WITHIN.total_seconds()):
                return await call
        except TimeoutError:
            where = f"Lease {self._namespace}/{self.name}"
            raise TooSlow(where, f"no answer within {span(WITHIN)}") from None

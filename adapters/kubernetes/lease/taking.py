"""Takes a Lease, or finds out that somebody holds it: by looking whether it changes."""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.faults import ApiError, Conflict, NotFound
from adapters.kubernetes.client.objects import Json, Objects, made
from adapters.kubernetes.client.paths import LEASES
from adapters.kubernetes.lease.keeper import Keeper
from adapters.kubernetes.lease.record import MANAGED, RETRY, LeaseRecord, read
from adapters.kubernetes.lease.sight import Sight, is_recent
from controller.core.gates.figures import span
from controller.errors import PoolHeld, StateError
from controller.ports import Clock
from controller.records import Holder

EVERY: Final = timedelta(milliseconds=500)
"""Between two looks at a Lease that somebody may hold."""
GLANCE: Final = RETRY + timedelta(seconds=1)
"""Who is alive has renewed it within that time."""

PATIENCE: Final = timedelta(seconds=5)
"""With an API that goes away just when a Lease may be taken."""

Tell = Callable[[str], None]


def quiet(line: str) -> None:
    """Whoever waits here has nobody to tell."""


@contextmanager
def told_as_state() -> Iterator[None]:
    """Turns the API's errors into StateError."""
    try:
        yield
    except ApiError as error:
        raise StateError(f"the lock in the cluster: {error}") from error


class Leases:
    """The Leases of one namespace, as one user takes them."""

    def __init__(
        self, objects: Objects, namespace: str, clock: Clock, by: str, tell: Tell = quiet
    ) -> None:
        self.objects = objects
        self.namespace = namespace
        self.clock = clock
        self._by = by
        self._tell = tell
        self._sights: dict[str, Sight] = {}
        """Of Leases that may be taken later."""

    @asynccontextmanager
    async def held(
        self,
        lease: str,
        rollout: str,
        refusal: Callable[[LeaseRecord], PoolHeld],
        labels: Json | None = None,
    ) -> AsyncIterator[Keeper]:
        """Hold that Lease until the block ends. Raises PoolHeld, StateError."""
        host, now = socket.gethostname(), self.clock.wall()
        holder = Holder(rollout, os.getpid(), host, self._by, now)
        identity = f"{self._by} on {host} pid {holder.pid}: {rollout} ({secrets.token_hex(4)})"
        keeper = Keeper(self.objects, self.namespace, lease, self.clock, holder, identity)
        try:
            with told_as_state():
                await self._take(keeper, refusal, labels or MANAGED)
            yield keeper
        finally:
            await keeper.aclose()

    async def _take(
        self, keeper: Keeper, refusal: Callable[[LeaseRecord], PoolHeld], labels: Json
    ) -> None:
        sight = self._sights.pop(keeper.name, None)
        waits_since = self.clock.now()
        is_told, is_first = False, True
        while True:
            record = read(await made(self.objects, LEASES, keeper.name, self.namespace, labels))
            now = self.clock.now()
            sight = Sight(record, now) if sight is None else sight.seen(record, now)
            if is_first:  # what changed since a glance may have been its last sign of life
                sight, is_first = replace(sight, is_alive=False), False
            if sight.is_alive and record.identity not in ("", keeper.identity):
                raise refusal(record)
            is_free = record.identity in ("", keeper.identity)
            if is_free or sight.has_lapsed(now):
                try:
                    return await keeper.take(record)
                except Conflict:
                    continue
                except ApiError as error:  # it may have taken effect: the next look shows it
                    if not error.retryable or now - waits_since >= record.duration + PATIENCE:
                        raise
            if not is_told and now - waits_since >= GLANCE:
                self._tell(
                    f"Lease {self.namespace}/{keeper.name} is held by {record.words}: it may be "
                    f"taken once it was not renewed for {span(record.duration)}"
                )
                is_told = True
            await self.clock.sleep(EVERY)

    async def glance(self, lease: str) -> None:
        """Look at it once: it lapses from now on, if it does not change. Raises StateError."""
        if (record := await self.look(lease)) is not None:
            self._sights.setdefault(lease, Sight(record, self.clock.now()))

    async def look(self, lease: str) -> LeaseRecord | None:
        """None where there is no such Lease. Raises StateError."""
        with told_as_state():
            try:
                return read(await self.objects.get(LEASES, lease, self.namespace))
            except NotFound:
                return None

    async def live(self, lease: str) -> LeaseRecord | None:
        """Who holds it, if anybody seems to: for those who only want to know. Raises StateError."""
        record = await self.look(lease)
        if record is None or not record.identity or is_recent(record, self.clock.wall()):
            return record if record is not None and record.identity else None
        sight = Sight(record, began := self.clock.now())
        while (now := self.clock.now()) - began < GLANCE:
            await self.clock.sleep(EVERY)
            record = await self.look(lease)
            if record is None or not record.identity:
                return None
            sight = sight.seen(record, now)
            if sight.is_alive:
                return record
        return None

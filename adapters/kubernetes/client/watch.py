"""A live view of one resource by selector: a list, then a watch, through whatever cuts it."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Api, Json, without_managed
from adapters.kubernetes.client.faults import (
    ApiError,
    NoCredentials,
    TooSlow,
    Unauthorized,
    Unreachable,
)
from adapters.kubernetes.client.paths import Resource
from adapters.kubernetes.client.view import Change, View, full_name_of, name_of, number, version_of
from controller.core.pool import Instant
from controller.ports import Clock

_FIRST_PAUSE: Final = timedelta(milliseconds=50)
"""After a cut; doubled with each further one, since a server that starts is not to be hammered."""
_LONGEST_PAUSE: Final = timedelta(milliseconds=500)
_LONGEST_WAIT: Final = timedelta(seconds=10)
"""That a server may ask for."""
_STEADY: Final = timedelta(seconds=1)
"""A stream that lasted so long was a good one."""
_DEAF: Final = timedelta(seconds=3)
"""So long a stream may lag behind a list; one that says nothing at all is dead at one end."""
_CUTS: Final = (Unreachable, TooSlow, NoCredentials, Unauthorized)
"""After these the watch goes on where it was; after anything else it begins with a list."""


class Watch:
    """`arrived(type, object)` is called on the watch's own path, before anything else, for every
    change, also for one that a list found."""

    def __init__(
        self,
        api: Api,
        resource: Resource,
        namespace: str,
        *,
        clock: Clock,
        labels: str = "",
        fields: str = "",
        arrived: Callable[[str, Json], None] | None = None,
        trim: Callable[[Json], Json] = without_managed,
    ) -> None:
        self._api = api
        self._resource = resource
        self._namespace = namespace
        self._selecting = {"labels": labels, "fields": fields}
        self._arrived = arrived
        self._trim = trim
        self._clock = clock
        self._key = name_of if namespace or not resource.namespaced else full_name_of
        self._view = View()
        self._proven: Instant | None = None
        self._serial = 0
        self._bumped = asyncio.Event()
        self._listing = asyncio.Lock()
        self._follower: asyncio.Task[None] | None = None
        self._opened: Instant | None = None
        self._scope: asyncio.Timeout | None = None
        self._heard = 0
        self._doubted: tuple[Instant, int] | None = None
        """Since when a list is ahead of the stream, and what was heard by then."""
        self.is_open = False
        """Whether a stream runs just now, so that what happens is told at once."""
        self.trouble: ApiError | None = None
        """Why none runs, as it was met last."""

    @property
    def proven_at(self) -> Instant | None:
        """When the view was last known to be whole: a list, an event, a bookmark."""
        return self._proven

    @property
    def serial(self) -> int:
        """Raised by each change, and when a stream opens or is cut."""
        return self._serial

    def objects(self) -> Mapping[str, Json]:
        return self._view.objects

    async def start(self) -> None:
        """The first list. Raises ApiError."""
        await self._relist()
        self._follower = asyncio.create_task(self._follow())

    async def fresh(self, within: timedelta) -> None:
        """Proves the view by a list, where it was not proven for so long or no stream runs. Raises
        ApiError."""
        asked = self._clock.now()
        self._checked()
        self._cut_if_deaf(asked)
        if self.is_open and self._proven is not None and asked - self._proven < within:
            return
        async with self._listing:
            if self._proven is not None and self._proven >= asked:
                return  # somebody's list was asked for after us
            await self._list(is_alone=False)

    def noted(self, one: Json) -> None:
        """What the API answered to a write of ours, which the stream will tell, too."""
        changes = self._view.answered(self._trim(one), self._key(one))
        if changes:
            self._bump()

    async def changed(self, since: int) -> int:
        """Waits until `serial` is another than `since`."""
        while self._serial == since:
            self._checked()
            await self._bumped.wait()
        return self._serial

    async def aclose(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
            with suppress(asyncio.CancelledError):
                await self._follower
            self._follower = None

    async def _relist(self) -> None:
        async with self._listing:
            await self._list(is_alone=True)

    async def _list(self, *, is_alone: bool) -> None:
        asked, known = self._clock.now(), self._view.version
        self._view.await_list()
        found = await self._api.list(
            self._resource, self._namespace, **self._selecting, trim=self._trim
        )
        is_older = number(found.version) < number(known)
        put = self._view.replace if is_alone or is_older else self._view.merge
        changes = put(found.items, found.version, self._key)
        if is_older and not is_alone:  # a cluster that was restored: a stream would wait for ever
            self._cut()
        self._proven = max(asked, self._proven or asked)
        if changes and not is_alone and self._doubted is None:
            self._doubted = asked, self._heard
        self._tell(changes)

    async def _follow(self) -> None:
        """For ever."""
        pause = _FIRST_PAUSE
        must_list = False
        try:
            while True:
                is_cut, self._opened, asked_to_wait = True, None, timedelta(0)
                try:
                    if must_list:
                        await self._relist()
                        must_list = False
                    await self._stream()
                    is_cut = False
                except ApiError as error:
                    self.trouble = error
                    asked_to_wait = min(error.retry_after or asked_to_wait, _LONGEST_WAIT)
                    must_list = must_list or not isinstance(error, _CUTS)
                finally:
                    self._set_open(False)
                now = self._clock.now()
                is_steady = self._opened is not None and now - self._opened >= _STEADY
                if is_cut or not is_steady:
                    own = pause * random.uniform(0.5, 1.0)
                    await self._clock.sleep(max(own, asked_to_wait))
                pause = _FIRST_PAUSE if is_steady else min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._bump()  # who waits is told how it ended

    async def _stream(self) -> None:
        events = self._api.stream(
            self._resource,
            self._namespace,
            **self._selecting,
            version=self._view.version,
            opened=lambda: self._set_open(True),
        )
        self._doubted = None
        try:
            async with asyncio.timeout(None) as self._scope, aclosing(events) as stream:
                async for event in stream:
                    self._heard += 1
                    self._took(event)
        except TimeoutError:
            words = f"watch {self._resource.plural}: not in step with what a list tells"
            raise TooSlow(self._api.where, words) from None
        finally:
            self._scope = None

    def _cut_if_deaf(self, now: Instant) -> None:
        """A connection that was forgotten on its way is silent at our end until it is too late."""
        if self._doubted is None:
            return
        since, heard = self._doubted
        if self._heard != heard:
            self._doubted = None
        elif now - since >= _DEAF:
            self._cut()

    def _cut(self) -> None:
        if self._scope is not None:
            self._scope.reschedule(asyncio.get_running_loop().time())

    def _took(self, event: Json) -> None:
        found = event["object"]
        changes: list[Change] = []
        if event["type"] == "BOOKMARK":
            self._view.version = version_of(found) or self._view.version
        else:
            one = self._trim(found)
            changes = self._view.event(event["type"], one, self._key(one))
        self._proven = self._clock.now()
        self._tell(changes)

    def _tell(self, changes: list[Change]) -> None:
        if self._arrived is not None:
            for kind, one in changes:
                self._arrived(kind, one)
        if changes:
            self._bump()

    def _set_open(self, is_open: bool) -> None:
        if is_open:
            self._opened, self.trouble = self._clock.now(), None
        if self.is_open != is_open:
            self.is_open = is_open
            self._bump()

    def _bump(self) -> None:
        self._serial += 1
        self._bumped.set()
        self._bumped = asyncio.Event()

    def _checked(self) -> None:
        """A follower that ended did so by a bug, which must not look like silence."""
        if self._follower is not None and self._follower.done():
            self._follower.result()

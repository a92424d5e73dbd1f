"""Single writes of heads and chunks, each whole or not at all, through outages and lost answers."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, TypeVar

from adapters.kubernetes.client.faults import ApiError, NotFound
from adapters.kubernetes.client.faults import Conflict as Refused
from adapters.kubernetes.client.objects import Json, Objects, made, version_of
from adapters.kubernetes.client.paths import CONFIGMAPS
from adapters.kubernetes.state.names import labels
from controller.errors import StateError
from controller.ports import Clock

T = TypeVar("T")

FIRST_PAUSE: Final = timedelta(milliseconds=100)
"""Before a call is tried again; doubled each time."""
LONGEST_PAUSE: Final = timedelta(seconds=2)
TRIES: Final = 20
"""Of a write that others were quicker than each time."""


class Writer:
    """Raises StateError, and ApiError for what another try would not mend."""

    def __init__(self, objects: Objects, namespace: str, clock: Clock) -> None:
        self._objects = objects
        self._namespace = namespace
        self._clock = clock

    async def patiently(
        self, call: Callable[[], Awaitable[T]], limit: timedelta | None = None
    ) -> T:
        """Again and again while the API is away, but not for longer than `limit`."""
        until = None if limit is None else self._clock.now() + limit
        pause = FIRST_PAUSE
        while True:
            try:
                return await call()
            except ApiError as error:
                if not error.retryable or (until is not None and self._clock.now() >= until):
                    raise
                await self._clock.sleep(max(pause, error.retry_after or pause))
                pause = min(pause * 2, LONGEST_PAUSE)

    async def made(self, name: str, part: str) -> Json:
        """The ConfigMap as it is, made where it is missing."""
        return await made(self._objects, CONFIGMAPS, name, self._namespace, labels(part))

    async def patch(
        self,
        name: str,
        body: Json,
        is_ours: Callable[[Json], bool],
        limit: timedelta | None = None,
        *,
        is_done: Callable[[Json], bool] | None = None,
    ) -> str:
        """Write what was made for a version; the version that it has then.

        Refused because it changed meanwhile: `is_ours` says, or raises, whether what is there may
        be written by us all the same. An earlier try of the same may have taken effect, too:
        then all that was to be written is there, or `is_done` says so.
        """
        body = {**body, "metadata": dict(body["metadata"])}
        for _ in range(TRIES):
            try:
                found = await self.patiently(lambda: self._merge(name, body), limit)
            except Refused:
                there = await self.patiently(lambda: self._get(name), limit)
                if is_done is not None and is_done(there):
                    return version_of(there)
                if not is_ours(there):
                    raise
                if _has(there, body):
                    return version_of(there)
                body["metadata"]["resourceVersion"] = version_of(there)
            except NotFound:
                raise StateError(
                    f"journal: ConfigMap {self._namespace}/{name} was removed while in use"
                ) from None
            else:
                return version_of(found)
        raise StateError(f"journal: ConfigMap {self._namespace}/{name} is changed all the time")

    async def _merge(self, name: str, body: Json) -> Json:
        return await self._objects.merge(CONFIGMAPS, name, self._namespace, body)

    async def _get(self, name: str) -> Json:
        try:
            return await self._objects.get(CONFIGMAPS, name, self._namespace)
        except NotFound:
            raise StateError(
                f"journal: ConfigMap {self._namespace}/{name} was removed while in use"
            ) from None


def _has(there: Json, body: Json) -> bool:
    """Whether all that a patch asks for is so."""
    return all(
        _value(there, part, key) == value
        for part in ("data", "binaryData")
        for key, value in body.get(part, {}).items()
    )


def _value(there: Json, part: str, key: str) -> object:
    values: Mapping[str, object] = there.get(part) or {}
    return values.get(key)

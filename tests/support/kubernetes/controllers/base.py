"""A controller: keys that changed, looked at one by one, again after a conflict or a while.

As measured, controllers act 5–25 ms after a change (`lag`, seconds of the loop), and stand still
while the API server is away and for a while after it is back.
"""

import asyncio
from collections.abc import Iterable
from typing import ClassVar, Final

from tests.support.kubernetes.answers import StatusError
from tests.support.kubernetes.kinds import Json, Kind
from tests.support.kubernetes.objects import controller_of, labels_of, name_of, namespace_of
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.selectors import is_selected
from tests.support.kubernetes.store import Event

Key = tuple[str, str]
"""Namespace and name."""
SOON: Final = 0.2
"""Seconds of the cluster."""
STATUS: Final = Writer(subresource="status")


class Controller:
    """`watches`: kinds whose events are looked at."""

    watches: ClassVar[tuple[Kind, ...]] = ()

    def __init__(self, registry: Registry, lag: float) -> None:
        self.registry, self.store, self.time = registry, registry.store, registry.time
        self.lag = lag
        self.faults: list[Exception] = []
        """What it could not do, but for conflicts."""
        self.works = asyncio.Event()
        """Cleared while it cannot reach the API server."""
        self.works.set()
        self._dirty: dict[Key, None] = {}
        self._failed: dict[Key, int] = {}
        self._later: dict[Key, float] = {}
        self._is_busy = False
        self._woken = asyncio.Event()
        self.store.listeners.append(self._hear)
        for kind in self.watches:
            for obj in self.store.all(kind):
                self._hear(Event(0, "ADDED", kind, obj))

    def keys(self, event: Event) -> Iterable[Key]:
        """What is to be looked at after an event of the kinds that it watches."""
        raise NotImplementedError

    def reconcile(self, key: Key) -> float | None:
        """Seconds of the cluster after which to look again without an event."""
        raise NotImplementedError

    async def run(self) -> None:
        while True:
            await self.time.wait(self._woken, self._next())
            self._woken.clear()
            self._is_busy = True
            if self.lag:
                await asyncio.sleep(self.lag)
            await self.works.wait()
            now = self.time.seconds()
            for key in [key for key, at in self._later.items() if at <= now]:
                del self._later[key]
                self._dirty[key] = None
            for key in list(self._dirty):
                self._dirty.pop(key, None)
                self._look(key)
                await asyncio.sleep(0)
            self._is_busy = False

    @property
    def is_idle(self) -> bool:
        """Nothing to look at but later, which is not soon."""
        later = self._next()
        return not (self._dirty or self._is_busy or (later is not None and later < SOON))

    def _next(self) -> float | None:
        if not self._later:
            return None
        return max(0.0, min(self._later.values()) - self.time.seconds())

    def _look(self, key: Key) -> None:
        try:
            again = self.reconcile(key)
            self._failed.pop(key, None)
        except StatusError as error:
            failed = self._failed[key] = self._failed.get(key, 0) + 1
            again = min(0.02 * 2**failed, 60.0)
            if error.code not in (404, 409) and not any(
                str(one) == str(error) for one in self.faults
            ):
                self.faults.append(error)
        if again is not None:
            at = self.time.seconds() + again
            self._later[key] = min(at, self._later.get(key, at))

    def _hear(self, event: Event) -> None:
        if event.kind not in self.watches:
            return
        for key in self.keys(event):
            self._dirty[key] = None
            self._woken.set()

    def stop(self) -> None:
        self.store.listeners.remove(self._hear)


def both(event: Event) -> list[Json]:
    """The object of an event, and what it was before."""
    return [event.object, *([event.former] if event.former is not None else [])]


class Workload(Controller):
    """Whoever owns pods, or what owns them: `kind` and its `dependents`."""

    kind: ClassVar[Kind]
    dependents: ClassVar[tuple[Kind, ...]] = ()

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is self.kind:
            yield namespace_of(event.object), name_of(event.object)
        elif event.kind in self.dependents:
            for obj in both(event):
                owner = controller_of(obj)
                if owner is not None and owner["kind"] == self.kind.kind:
                    yield namespace_of(obj), owner["name"]
                elif owner is None:
                    yield from self._adopters(obj)
        else:
            for obj in self.store.all(self.kind):
                yield namespace_of(obj), name_of(obj)

    def _adopters(self, orphan: Json) -> Iterable[Key]:
        labels = labels_of(orphan)
        for obj in self.store.all(self.kind, namespace_of(orphan)):
            if is_selected(obj["spec"].get("selector"), labels):
                yield namespace_of(obj), name_of(obj)

    def status(self, obj: Json, status: Json) -> Json:
        """Write it where it differs."""
        found = obj.get("status") or {}
        if found == status:
            return obj

        def change(one: Json) -> Json:
            one["status"] = status
            return one

        return self.registry.change(self.kind, name_of(obj), namespace_of(obj), change, STATUS)

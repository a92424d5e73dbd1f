"""What etcd holds: objects, one counter of resource versions, and the events since.

Objects are never changed in place: whoever has one keeps what it saw. As measured: after a restart
every older resource version is too old.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from tests.support.kubernetes.kinds import Json, Kind
from tests.support.kubernetes.objects import controller_of, name_of, namespace_of

KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Event:
    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    kind: Kind
    object: Json
    former: Json | None = None


class Store:
    def __init__(self) -> None:
        self.version = 1000
        self.oldest = 0
        """Watches from before are told that it is too old."""
        self.history: deque[Event] = deque(maxlen=KEPT)
        self.listeners: list[Callable[[Event], None]] = []
        self._objects: dict[Kind, dict[str, dict[str, Json]]] = {}
        self._by_uid: dict[str, tuple[Kind, Json]] = {}
        self._owned: dict[str, dict[tuple[Kind, str, str], Json]] = {}

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        return self._objects.get(kind, {}).get(namespace, {}).get(name)

    def all(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """In one namespace or in all of them (None), in no order."""
        spaces = self._objects.get(kind, {})
        if namespace is not None:
            return list(spaces.get(namespace, {}).values())
        return [obj for space in spaces.values() for obj in space.values()]

    def owned(self, uid: str) -> list[tuple[Kind, Json]]:
        """Objects that name `uid` as an owner."""
        return [(kind, obj) for (kind, _, _), obj in self._owned.get(uid, {}).items()]

    def controlled(self, kind: Kind, uid: str) -> list[Json]:
        """Objects of a kind whose controller is `uid`."""
        return [
            obj
            for one, obj in self.owned(uid)
            if one is kind and (owner := controller_of(obj)) is not None and owner["uid"] == uid
        ]

    def find(self, uid: str) -> tuple[Kind, Json] | None:
        return self._by_uid.get(uid)

    def kinds(self) -> Iterator[Kind]:
        yield from self._objects

    def put(self, kind: Kind, obj: Json) -> Json:
        """`obj` belongs to the store from here on."""
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        space = self._objects.setdefault(kind, {}).setdefault(namespace_of(obj), {})
        former = space.get(name_of(obj))
        space[name_of(obj)] = obj
        self._index(kind, former, obj)
        self._tell(Event(self.version, "MODIFIED" if former else "ADDED", kind, obj, former))
        return obj

    def remove(self, kind: Kind, obj: Json) -> Json:
        """Gives the object as its last event shows it."""
        self.version += 1
        del self._objects[kind][namespace_of(obj)][name_of(obj)]
        self._index(kind, obj, None)
        last = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self._tell(Event(self.version, "DELETED", kind, last, obj))
        return last

    def restart(self) -> None:
        """Forget the events; versions go on."""
        self.version += 1
        self.oldest = self.version
        self.history.clear()

    def since(self, version: int) -> list[Event]:
        """Events after `version`."""
        found = []
        for event in reversed(self.history):
            if event.version <= version:
                break
            found.append(event)
        return found[::-1]

    def _index(self, kind: Kind, former: Json | None, obj: Json | None) -> None:
        if obj is not None:
            self._by_uid[obj["metadata"]["uid"]] = kind, obj
        elif former is not None:
            del self._by_uid[former["metadata"]["uid"]]
        for one in (former, obj):
            for owner in (one or {}).get("metadata", {}).get("ownerReferences") or ():
                assert one is not None
                owned = self._owned.setdefault(owner["uid"], {})
                key = (kind, namespace_of(one), name_of(one))
                if one is obj:
                    owned[key] = one
                else:
                    owned.pop(key, None)

    def _tell(self, event: Event) -> None:
        if len(self.history) == KEPT:
            self.oldest = max(self.oldest, self.history[0].version)
        self.history.append(event)
        for listener in tuple(self.listeners):
            listener(event)

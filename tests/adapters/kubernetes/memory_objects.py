"""The calls of `adapters.kubernetes.client.objects.Objects` on objects in memory, for virtual time.

True to a real API server in what lock and state rest on: resourceVersions that rise with each
change and not without one, 409 for a stale one, apply that takes nothing away, limits of size.
"""

import asyncio
import copy
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.kubernetes.client.faults import (
    AlreadyExists,
    ApiError,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    Said,
    Unreachable,
)
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import Resource

LIMIT = 1_048_576
Key = tuple[str, str, str]


@dataclass(slots=True)
class Listing:
    items: list[Json]
    version: str


@dataclass(slots=True)
class Cluster:
    """What all clients of one API server share."""

    objects: dict[Key, Json] = field(default_factory=dict)
    version: int = 100
    changes: list[tuple[int, str, Key, Json]] = field(default_factory=list)
    is_changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_down: bool = False

    def put(self, key: Key, found: Json) -> Json:
        kind = "MODIFIED" if key in self.objects else "ADDED"
        self.version += 1
        found["metadata"]["resourceVersion"] = str(self.version)
        self.objects[key] = found
        self._tell(kind, key, found)
        return copy.deepcopy(found)

    def remove(self, plural: str, name: str, namespace: str = "shop") -> None:
        key = (plural, namespace, name)
        found = self.objects.pop(key)
        self.version += 1
        self._tell("DELETED", key, found)

    def _tell(self, kind: str, key: Key, found: Json) -> None:
        self.changes.append((self.version, kind, key, copy.deepcopy(found)))
        self.is_changed.set()
        self.is_changed = asyncio.Event()

    def edit(self, plural: str, name: str, patch: Json, namespace: str = "shop") -> None:
        """What somebody else does to it."""
        key = (plural, namespace, name)
        self.put(key, merged(copy.deepcopy(self.objects[key]), patch))


class MemoryObjects:
    """One client of `cluster`; `calls` are those that arrived."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.calls: list[tuple[str, str]] = []
        self.is_cut = False
        """This client alone does not get through."""
        self.loses_answers = 0
        """So many writes take effect, and their answer does not come."""
        self.refuses: Callable[[str, str], bool] = lambda verb, name: False
        """Of which verb and name there is no right."""
        self.before_write: Callable[[str], None] | None = None

    def _arrive(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        if self.cluster.is_down or self.is_cut:
            raise Unreachable("memory", "connection refused")
        if self.refuses(verb, name):
            raise Forbidden("memory", f"may not {verb} {name}", Said(403, "Forbidden"))

    async def get(self, resource: Resource, name: str, namespace: str = "") -> Json:
        await asyncio.sleep(0)
        self._arrive("get", name)
        return copy.deepcopy(self._there(resource, namespace, name))

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        trim: object = None,
    ) -> Listing:
        await asyncio.sleep(0)
        self._arrive("list", resource.plural)
        items = [
            copy.deepcopy(found)
            for key, found in self.cluster.objects.items()
            if key[:2] == (resource.plural, namespace) and _matches(found, labels, fields)
        ]
        return Listing(items, str(self.cluster.version))

    async def create(
        self, resource: Resource, body: Json, namespace: str = "", *, dry_run: bool = False
    ) -> Json:
        name = body["metadata"]["name"]
        await asyncio.sleep(0)
        self._arrive("create", name)
        key = (resource.plural, namespace, name)
        if key in self.cluster.objects:
            raise AlreadyExists("memory", f"{name} already exists", Said(409, "AlreadyExists"))
        return self._answer(self.cluster.put(key, copy.deepcopy(body)))

    async def merge(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Json,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        await asyncio.sleep(0)
        self._arrive("patch", name)
        if self.before_write is not None:
            self.before_write(name)
        found = self._there(resource, namespace, name)
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted not in (None, found["metadata"]["resourceVersion"]):
            raise Conflict("memory", f"{name} has been modified", Said(409, "Conflict"))
        return self._answer(self._changed(resource, namespace, name, merged(found, body)))

    async def apply(
        self, resource: Resource, name: str, namespace: str, body: Json, *, force: bool = False
    ) -> Json:
        await asyncio.sleep(0)
        self._arrive("apply", name)
        if self.before_write is not None:
            self.before_write(name)
        found = self.cluster.objects.get((resource.plural, namespace, name), {})
        return self._answer(self._changed(resource, namespace, name, merged(found, body)))

    async def stream(
        self,
        resource: Resource,
        namespace: str,
        *,
        labels: str = "",
        fields: str = "",
        version: str = "",
        opened: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[Json]:
        self._arrive("watch", resource.plural)
        last = int(version)
        opened()
        while True:
            changed = self.cluster.is_changed
            for at, kind, key, found in list(self.cluster.changes):
                if at > last and key[:2] == (resource.plural, namespace):
                    last = at
                    if _matches(found, labels, fields):
                        yield {"type": kind, "object": copy.deepcopy(found)}
            await changed.wait()
            if self.cluster.is_down or self.is_cut:
                raise Unreachable("memory", "the stream ended")
            if self.cluster.version < last:
                raise Expired("memory", "too old", Said(410, "Expired"))

    def _there(self, resource: Resource, namespace: str, name: str) -> Json:
        found = self.cluster.objects.get((resource.plural, namespace, name))
        if found is None:
            raise NotFound("memory", f"{resource.plural} {name} not found", Said(404, "NotFound"))
        return found

    def _changed(self, resource: Resource, namespace: str, name: str, wanted: Json) -> Json:
        key = (resource.plural, namespace, name)
        former = self.cluster.objects.get(key)
        if former is not None and _plain(former) == _plain(wanted):
            return copy.deepcopy(former)
        if resource.plural == "configmaps" and size(wanted) > LIMIT:
            raise Invalid("memory", f"may not be more than {LIMIT} bytes", Said(422, "Invalid"))
        return self.cluster.put(key, wanted)

    def _answer(self, found: Json) -> Json:
        if self.loses_answers > 0:
            self.loses_answers -= 1
            raise Unreachable("memory", "connection reset")
        return found


def merged(found: Json, patch: Json) -> Json:
    """RFC 7396, as a copy."""
    result = {key: copy.deepcopy(value) for key, value in found.items()}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inner = result.get(key)
            result[key] = merged(inner if isinstance(inner, dict) else {}, value)
        else:
            result[key] = value
    return result


def size(found: Json) -> int:
    """Of the values of a ConfigMap."""
    text = sum(len(each.encode()) for each in found.get("data", {}).values())
    return text + sum(len(each) * 3 // 4 for each in found.get("binaryData", {}).values())


def _plain(found: Json) -> Json:
    about: dict[str, Any] = dict(found.get("metadata", {}))
    about.pop("resourceVersion", None)
    return {**found, "metadata": about}


def _matches(found: Json, labels: str, fields: str) -> bool:
    about = found["metadata"]
    wanted = [each.split("=", 1) for each in labels.split(",") if each]
    named = fields.removeprefix("metadata.name=")
    return all(about.get("labels", {}).get(key) == value for key, value in wanted) and (
        not fields or about["name"] == named
    )


__all__ = ["ApiError", "Cluster", "Listing", "MemoryObjects", "merged", "size"]

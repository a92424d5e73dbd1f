"""What is known of one resource: a list, and events on top of it, in any order. Pure.

A list that is asked for while a watch runs may be ahead of it or behind. The versions of objects
tell: one resource's are numbers that grow.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]
Change = tuple[str, Json]
"""ADDED, MODIFIED or DELETED, and the object."""


class View:
    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        """By name; `namespace/name` where objects of several namespaces are watched."""
        self.version = ""
        """To go on watching from."""
        self._known = 0
        """What is not newer than this is in `objects` already, or gone."""
        self._gone: dict[str, int] | None = None
        """Deleted by an event while a list is awaited, which may be older."""

    def await_list(self) -> None:
        """A list is asked for: it will be as new as everything that is known by now."""
        self._gone = {}

    def replace(
        self, items: Sequence[Json], version: str, key: Callable[[Json], str]
    ) -> list[Change]:
        """A list with no watch beside it: it is right, whatever was known."""
        found = {key(one): one for one in items}
        changes = [change for name in self.objects for change in self._lost(name, found.get(name))]
        for name, one in found.items():
            former = self.objects.get(name)
            if former is None or uid_of(former) != uid_of(one):
                changes.append(("ADDED", one))
            elif version_of(former) != version_of(one):
                changes.append(("MODIFIED", one))
        self.objects = found
        self.version, self._known = version, number(version)
        self._gone = None
        return changes

    def merge(
        self, items: Sequence[Json], version: str, key: Callable[[Json], str]
    ) -> list[Change]:
        """A list beside a running watch."""
        at, changes = number(version), list[Change]()
        found = {key(one): one for one in items}
        for name, former in list(self.objects.items()):
            if name not in found and number(version_of(former)) <= at:
                del self.objects[name]
                changes.append(("DELETED", former))
        for name, one in found.items():
            if (self._gone or {}).get(name, -1) < number(version_of(one)):
                changes += self._put(name, one)
        self._known = max(self._known, at)
        self._gone = None
        return changes

    def event(self, kind: str, one: Json, name: str) -> list[Change]:
        """Of the watch; nothing where a list was ahead of it."""
        self.version = version_of(one) or self.version
        at, former = number(version_of(one)), self.objects.get(name)
        if kind == "DELETED":
            if self._gone is not None:
                self._gone[name] = at
            if former is None or number(version_of(former)) > at:
                return []
            del self.objects[name]
            return [("DELETED", one)]
        if former is None and at <= self._known:
            return []
        return self._put(name, one)

    def answered(self, one: Json, name: str) -> list[Change]:
        """What a write of ours made of an object: nothing where that has gone meanwhile."""
        former = self.objects.get(name)
        return self._put(name, one) if former is not None and uid_of(former) == uid_of(one) else []

    def _put(self, name: str, one: Json) -> list[Change]:
        former = self.objects.get(name)
        if former is None:
            changes = [("ADDED", one)]
        elif number(version_of(former)) >= number(version_of(one)):
            return []
        elif uid_of(former) != uid_of(one):
            changes = [("DELETED", former), ("ADDED", one)]
        else:
            changes = [("MODIFIED", one)]
        self.objects[name] = one
        return changes

    def _lost(self, name: str, found: Json | None) -> list[Change]:
        former = self.objects[name]
        is_same = found is not None and uid_of(found) == uid_of(former)
        return [] if is_same else [("DELETED", former)]


def uid_of(one: Json) -> str:
    return str(_meta(one).get("uid") or "")


def version_of(one: Json) -> str:
    return str(_meta(one).get("resourceVersion") or "")


def name_of(one: Json) -> str:
    return str(_meta(one).get("name") or "")


def full_name_of(one: Json) -> str:
    return f"{_meta(one).get('namespace') or ''}/{name_of(one)}".lstrip("/")


def _meta(one: Json) -> Mapping[str, Any]:
    meta = one.get("metadata")
    return meta if isinstance(meta, dict) else {}


def number(version: str) -> int:
    return int(version) if version.isascii() and version.isdecimal() else 0

"""How many replicas each ReplicaSet of a Deployment gets: pure arithmetic, as the controller's."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.objects import amount, annotations_of, name_of

MOST = "deployment.kubernetes.io/max-replicas"


def total(sets: Iterable[Json]) -> int:
    return sum(int(one["spec"]["replicas"]) for one in sets)


def available(sets: Iterable[Json]) -> int:
    return sum(int((one.get("status") or {}).get("availableReplicas", 0)) for one in sets)


@dataclass(frozen=True, slots=True)
class Rolling:
    replicas: int
    surge: int
    unavailable: int

    @classmethod
    def of(cls, deployment: Json) -> Self:
        wanted = int(deployment["spec"]["replicas"])
        rolling = deployment["spec"]["strategy"].get("rollingUpdate")
        if not rolling or not wanted:
            return cls(wanted, 0, 0)
        surge = amount(rolling["maxSurge"], wanted, up=True)
        unavailable = amount(rolling["maxUnavailable"], wanted, up=False)
        if not surge and not unavailable:
            unavailable = 1
        return cls(wanted, surge, min(unavailable, wanted))

    def new_size(self, new: Json | None, sets: list[Json]) -> int:
        """Of the ReplicaSet of the template of now; `sets` are all."""
        size = int(new["spec"]["replicas"]) if new is not None else 0
        room = self.replicas + self.surge - total(sets)
        if size > self.replicas:
            return self.replicas
        return size + max(0, min(room, self.replicas - size))

    def old_sizes(self, new: Json, old: list[Json]) -> dict[str, int]:
        """First those that do not serve go, then as many as may be away."""
        sizes = {name_of(one): int(one["spec"]["replicas"]) for one in old}
        floor = self.replicas - self.unavailable
        unready = int(new["spec"]["replicas"]) - available([new])
        most = total([*old, new]) - floor - unready
        if most <= 0 or not total(old):
            return sizes
        for one in old:  # oldest first
            name, serving = name_of(one), available([one])
            taken = max(0, min(most, sizes[name] - serving))
            sizes[name] -= taken
            most -= taken
        spare = available([*old, new]) - floor
        for name, size in sizes.items():
            taken = max(0, min(size, spare))
            sizes[name] -= taken
            spare -= taken
        return sizes

    def scaled(self, new: Json | None, old: list[Json]) -> dict[str, int]:
        """After a change of the Deployment's own number: in proportion. Only what changes."""
        sets = [*old, *([new] if new is not None else [])]
        active = [one for one in sets if one["spec"]["replicas"]]
        if len(active) <= 1:
            last = active or ([new] if new is not None else old[-1:])
            return _changed({name_of(one): self.replicas for one in last}, sets)
        if new is not None and self._is_full(new):
            return _changed({name_of(one): 0 for one in active if one is not new}, sets)
        return _changed(self._proportional(new, active), sets)

    def _is_full(self, new: Json) -> bool:
        return int(new["spec"]["replicas"]) == self.replicas and available([new]) == self.replicas

    def _proportional(self, new: Json | None, active: list[Json]) -> dict[str, int]:
        allowed = self.replicas + self.surge if self.replicas else 0
        to_add = allowed - total(active)
        oldest_first = list(active)
        order = oldest_first[::-1] if to_add > 0 else oldest_first
        order.sort(key=lambda one: -int(one["spec"]["replicas"]))
        sizes, added = {}, 0
        for one in order:
            size = int(one["spec"]["replicas"])
            left = to_add - added
            part = self._fraction(one, size)
            share = min(part, left) if to_add > 0 else max(part, left)
            share = share if size and left else 0
            sizes[name_of(one)] = size + share
            added += share
        if order and to_add:
            first = name_of(order[0])
            sizes[first] = max(0, sizes[first] + to_add - added)
        return sizes

    def _fraction(self, one: Json, size: int) -> int:
        if not self.replicas:
            return -size
        before = int(annotations_of(one).get(MOST, self.replicas + self.surge))
        return math.floor(size * (self.replicas + self.surge) / before + 0.5) - size


def _changed(sizes: dict[str, int], sets: list[Json]) -> dict[str, int]:
    found = {name_of(one): int(one["spec"]["replicas"]) for one in sets}
    return {name: size for name, size in sizes.items() if found[name] != size}

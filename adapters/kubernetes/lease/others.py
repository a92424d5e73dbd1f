"""Leases of others that may hold a part of the same pool: those of other rollout names that share a
state in the cluster, and those of other pools of Nodes."""

from collections.abc import Collection
from typing import Final

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import LEASES
from adapters.kubernetes.lease.record import MANAGED, LeaseRecord, read
from adapters.kubernetes.lease.taking import Leases, told_as_state
from controller.core.pool import PoolKey

_LOCK: Final = "poolroll.dev/lock"
ROLLOUTS: Final = {**MANAGED, _LOCK: "rollout"}
NODES: Final = {**MANAGED, _LOCK: "nodes"}

Overlapping = dict[str, tuple[LeaseRecord, frozenset[PoolKey]]]


async def overlapping(
    leases: Leases, labels: Json, but: str, keys: Collection[PoolKey]
) -> Overlapping:
    """By name: the Leases with these labels, of others who hold, or once held, some of these keys.
    Raises StateError."""
    if not keys:
        return {}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    with told_as_state():
        listed = await leases.objects.list(LEASES, leases.namespace, labels=selector)
    found: Overlapping = {}
    for each in listed.items:
        record, name = read(each), str(each["metadata"]["name"])
        common = record.keys & frozenset(keys)
        if record.identity and common and name != but:
            found[name] = (record, common)
    return found

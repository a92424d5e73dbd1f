"""Leases of other rollout names that share a state in the cluster."""

from collections.abc import Collection
from typing import Final

from adapters.kubernetes.client.paths import LEASES
from adapters.kubernetes.lease.record import MANAGED, LeaseRecord, read
from adapters.kubernetes.lease.taking import Leases, told_as_state
from controller.core.pool import PoolKey

LABELS: Final = {**MANAGED, "poolroll.dev/lock": "rollout"}
_SELECTOR: Final = ",".join(f"{key}={value}" for key, value in LABELS.items())

Overlapping = dict[str, tuple[LeaseRecord, frozenset[PoolKey]]]


async def overlapping(leases: Leases, but: str, keys: Collection[PoolKey]) -> Overlapping:
    """By name: the Leases of others who hold, or once held, some of these keys. Raises
    StateError."""
    if not keys:
        return {}
    with told_as_state():
        listed = await leases.objects.list(LEASES, leases.namespace, labels=_SELECTOR)
    found: Overlapping = {}
    for each in listed.items:
        record, name = read(each), str(each["metadata"]["name"])
        common = record.keys & frozenset(keys)
        if record.identity and common and name != but:
            found[name] = (record, common)
    return found

"""What is written to a Lease, as merge patches. Pure."""

import json
from collections.abc import Collection
from datetime import UTC, datetime

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.lease.record import DURATION, HOLDER, KEYS, TIME, LeaseRecord
from controller.core.pool import PoolKey
from controller.records import Holder


def claim(
    record: LeaseRecord, holder: Holder, identity: str, keys: Collection[PoolKey] = ()
) -> Json:
    """The merge patch that takes it, unless somebody else wrote to it since `record` was read."""
    told = {
        "identity": identity,
        "rollout": holder.rollout,
        "pid": holder.pid,
        "host": holder.host,
        "user": holder.by,
        "since": holder.since.isoformat(),
    }
    return {
        "metadata": {
            "resourceVersion": record.version,
            "annotations": {HOLDER: json.dumps(told), KEYS: _told(keys)},
        },
        "spec": {
            "holderIdentity": identity,
            "leaseDurationSeconds": int(DURATION.total_seconds()),
            "acquireTime": _time(holder.since),
            "renewTime": _time(holder.since),
            "leaseTransitions": record.transitions + 1,
        },
    }


def renewal(version: str, at: datetime, keys: Collection[PoolKey] | None = None) -> Json:
    """With `keys`, those that are held from now on."""
    told: Json = {} if keys is None else {"annotations": {KEYS: _told(keys)}}
    return {
        "metadata": {"resourceVersion": version, **told},
        "spec": {"renewTime": _time(at)},
    }


def release(version: str) -> Json:
    """Nobody holds it any more; `leaseTransitions` stays, so that the number goes on rising."""
    return {
        "metadata": {"resourceVersion": version, "annotations": {HOLDER: None, KEYS: None}},
        "spec": {"holderIdentity": None, "renewTime": None, "acquireTime": None},
    }


def _time(at: datetime) -> str:
    """As a MicroTime: the API refuses fewer digits."""
    return at.astimezone(UTC).strftime(TIME)


def _told(keys: Collection[PoolKey]) -> str:
    return json.dumps(sorted(keys))

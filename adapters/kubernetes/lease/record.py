"""A Lease as a record of who holds it. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.kubernetes.client.objects import Json, version_of
from controller.core.pool import PoolKey
from controller.records import Holder

DURATION: Final = timedelta(seconds=15)
"""A Lease that was not seen to change for so long may be taken."""
DEADLINE: Final = timedelta(seconds=10)
"""Its holder touches nothing without a renewal for so long."""
RETRY: Final = timedelta(seconds=2)

MANAGED: Final = {"app.kubernetes.io/managed-by": "poolroll"}
HOLDER: Final = "poolroll.dev/holder"
KEYS: Final = "poolroll.dev/keys"

TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What a Lease says now."""

    version: str
    identity: str
    """Empty: nobody holds it."""
    renewed: str
    duration: timedelta
    transitions: int
    """How often its holder has changed: the fencing number."""
    holder: Holder | None
    """None: whoever holds it is no poolroll."""
    keys: frozenset[PoolKey] = frozenset()

    @property
    def words(self) -> str:
        """Who that is, for an operator."""
        if self.holder is None:
            return repr(self.identity)
        return (
            f"pid {self.holder.pid} on host {self.holder.host}, user {self.holder.by}, "
            f"since {self.holder.since:%Y-%m-%d %H:%M:%S} UTC"
        )

    @property
    def rollout(self) -> str:
        return self.holder.rollout if self.holder is not None else ""


def read(found: Json) -> LeaseRecord:
    """A Lease that anybody may have written."""
    spec, about = found.get("spec") or {}, found.get("metadata", {}).get("annotations") or {}
    identity = str(spec.get("holderIdentity") or "")
    seconds = spec.get("leaseDurationSeconds")
    return LeaseRecord(
        version_of(found),
        identity,
        str(spec.get("renewTime") or ""),
        timedelta(seconds=seconds) if isinstance(seconds, int) and seconds > 0 else DURATION,
        int(spec.get("leaseTransitions") or 0),
        _holder(str(about.get(HOLDER, "")), identity),
        _keys(str(about.get(KEYS, "[]"))),
    )


def _holder(text: str, identity: str) -> Holder | None:
    try:
        raw = json.loads(text)
        if raw["identity"] != identity:
            return None
        since = datetime.fromisoformat(raw["since"])
        return Holder(raw["rollout"], int(raw["pid"]), raw["host"], raw["user"], since)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _keys(text: str) -> frozenset[PoolKey]:
    try:
        return frozenset(str(each) for each in json.loads(text))
    except (ValueError, TypeError, RecursionError):
        return frozenset()

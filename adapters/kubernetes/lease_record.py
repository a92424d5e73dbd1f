"""A Lease as a record of who holds it, and how it is judged. Pure.

Its age is counted by the reader's own clock from when it saw the record change; the times in it are
the writer's, and decide nothing.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from adapters.kubernetes.objects import Json, version_of
from controller.core.pool import Instant, PoolKey
from controller.errors import PoolHeld
from controller.records import Holder

DURATION: Final = timedelta(seconds=15)
"""A Lease that was not seen to change for so long may be taken."""
DEADLINE: Final = timedelta(seconds=10)
"""Its holder touches nothing without a renewal for so long."""
RETRY: Final = timedelta(seconds=2)

MANAGED: Final = {"app.kubernetes.io/managed-by": "poolroll"}
HOLDER: Final = "poolroll.dev/holder"
KEYS: Final = "poolroll.dev/keys"

_TIME: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_LONGEST: Final = 200
_ROLLOUT: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


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


@dataclass(frozen=True, slots=True)
class Sight:
    """A Lease under observation."""

    record: LeaseRecord
    since: Instant
    """When the record was first seen as it is."""
    is_alive: bool = False
    """It was seen to change since it was first looked at."""

    def has_lapsed(self, now: Instant) -> bool:
        return now - self.since >= self.record.duration

    def seen(self, record: LeaseRecord, now: Instant) -> "Sight":
        """After another look."""
        if _signs(record) == _signs(self.record):
            return Sight(record, self.since, self.is_alive)
        return Sight(record, now, is_alive=True)


def _signs(record: LeaseRecord) -> tuple[str, str, int]:
    """What a renewal changes: anybody may touch the rest."""
    return record.identity, record.renewed, record.transitions


def is_recent(record: LeaseRecord, wall: datetime) -> bool:
    """Whether the writer's clock says that it was renewed just now. A hint, for those who only
    want to know."""
    try:
        renewed = datetime.strptime(record.renewed, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs(wall - renewed) < record.duration


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
    except (ValueError, KeyError, TypeError):
        return None


def _keys(text: str) -> frozenset[PoolKey]:
    try:
        return frozenset(str(each) for each in json.loads(text))
    except (ValueError, TypeError):
        return frozenset()


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
    return at.astimezone(UTC).strftime(_TIME)


def _told(keys: Collection[PoolKey]) -> str:
    return json.dumps(sorted(keys))


def name_held(name: str, record: LeaseRecord) -> PoolHeld:
    return PoolHeld(f"rollout '{name}' is held by {record.words}")


def pool_held(record: LeaseRecord, common: Iterable[str]) -> PoolHeld:
    """`common`: of the pool, what both want."""
    first, *others = sorted(common)
    more = f" and {len(others)} more" if others else ""
    by = f"rollout '{record.rollout}', " if record.rollout else ""
    return PoolHeld(f"the pool ({first}{more}) is held by {by}{record.words}")


def is_name(name: str) -> bool:
    """Whether it is the name of a rollout, so that names of objects can be made of it."""
    return _ROLLOUT.fullmatch(name) is not None


def slug(text: str) -> str:
    """`text`, like `statefulset/web` or `nodes/role=web`, as a part of a name in Kubernetes: as it
    is where that can be, else with a number that tells it from others."""
    plain = re.sub(r"[^a-z0-9-]", "-", text.lower().replace("/", "-", 1))
    if (
        plain == text.replace("/", "-", 1)
        and len(plain) <= _LONGEST
        and plain[-1:] not in ("", "-")
    ):
        return plain
    return f"{plain[:_LONGEST]}-{sha256(text.encode()).hexdigest()[:8]}"

"""What happened to a pod or a Node: counted from what its status says, since a first look. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from controller.pools.kubernetes import Measure

Json = dict[str, Any]

SKEW: Final = timedelta(seconds=30)
"""Clocks of Nodes may differ from ours by as much."""
LONG_AGO: Final = timedelta(days=1)
"""Nothing was touched yet: nothing that happened counts."""


@dataclass(frozen=True, slots=True)
class Status:
    """Of one object, at one moment."""

    uid: str
    is_ready: bool
    ready_since: str
    """As written by the server; another text means that it changed."""
    restarts: Mapping[str, int]
    """Container → how often it was started again."""
    ooms: frozenset[tuple[str, int]]
    """Containers that were killed for want of memory, each with its count of restarts then."""
    ended: Mapping[str, datetime]
    """Container → when it ended last."""


def status_of(found: Json) -> Status:
    status = found.get("status") or {}
    ready: Json = next((c for c in status.get("conditions") or () if c.get("type") == "Ready"), {})
    containers = [
        *(status.get("containerStatuses") or ()),
        *(status.get("initContainerStatuses") or ()),
    ]
    return Status(
        uid=str((found.get("metadata") or {}).get("uid") or ""),
        is_ready=ready.get("status") == "True",
        ready_since=str(ready.get("lastTransitionTime") or ""),
        restarts={str(one.get("name")): _count(one) for one in containers},
        ooms=frozenset(
            (str(one.get("name")), _count(one) + (1 if key == "state" else 0))
            for one in containers
            for key in ("state", "lastState")
            if _ended(one, key).get("reason") == "OOMKilled"
        ),
        ended={
            str(one.get("name")): at
            for one in containers
            if (at := _moment(_ended(one, "lastState").get("finishedAt"))) is not None
        },
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """What is not to be counted, and what was seen since."""

    first: Status
    restarts: Mapping[str, int]
    ooms: frozenset[tuple[str, int]]
    unready: int = 0
    seen: frozenset[tuple[str, int]] = frozenset()
    """OOM kills since."""
    last: Status | None = None


def marked(now: Status, wall: datetime, window: timedelta) -> Mark:
    """The first look at it in this process, `window` after its return: what ended a container
    after that counts, where the clocks leave no doubt."""
    since = wall - window + SKEW
    counts = window < LONG_AGO
    late = {name for name, at in now.ended.items() if counts and at > since}
    return Mark(
        now,
        {name: n - (name in late) for name, n in now.restarts.items()},
        frozenset(one for one in now.ooms if one[0] not in late),
    )


def looked(mark: Mark, now: Status) -> Mark:
    """Another look at the same one."""
    before = mark.last
    if before is None:
        fell = not now.is_ready
    else:
        fell = before.is_ready and (not now.is_ready or now.ready_since != before.ready_since)
    return Mark(
        mark.first,
        mark.restarts,
        mark.ooms,
        mark.unready + fell,
        mark.seen | (now.ooms - mark.ooms),
        now,
    )


def counted(mark: Mark, measure: Measure) -> int:
    """How often that happened since the mark."""
    now = mark.last or mark.first
    match measure:
        case Measure.RESTARTS:
            rises = (n - mark.restarts.get(name, 0) for name, n in now.restarts.items())
            return sum(max(0, rise) for rise in rises)
        case Measure.OOM:
            return len(mark.seen)
        case Measure.UNREADY:
            return mark.unready


def _count(container: Json) -> int:
    return int(container.get("restartCount") or 0)


def _ended(container: Json, key: str) -> Mapping[str, Any]:
    return (container.get(key) or {}).get("terminated") or {}


def _moment(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None

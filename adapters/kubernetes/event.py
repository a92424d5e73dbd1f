"""A notice as a Kubernetes Event. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import Resource
from controller.legible import legible_line
from controller.records import Notice

CALM: Final = frozenset({"started", "done"})
"""The others are warnings."""
MOST: Final = 1024
"""Characters of a message that every version of the API takes."""
CLUSTER_WIDE: Final = "default"
"""Namespace of Events on what is in none."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an Event is about."""

    resource: Resource
    name: str
    namespace: str = ""
    """Empty: it is in none."""


def event_of(notice: Notice, delivery: str, target: Target, uid: str, told: datetime) -> Json:
    """The Event of a notice; the same delivery has the same name."""
    mark = sha256(delivery.encode()).hexdigest()[:16]
    about = {
        "apiVersion": target.resource.api_version,
        "kind": target.resource.kind,
        "name": target.name,
        **({"namespace": target.namespace} if target.namespace else {}),
        **({"uid": uid} if uid else {}),
    }
    return {
        "metadata": {
            "name": f"{target.name[:200]}.{mark}",
            "namespace": target.namespace or CLUSTER_WIDE,
            "labels": {"app.kubernetes.io/managed-by": "poolroll"},
            "annotations": {"poolroll.dev/rollout": notice.rollout},
        },
        "involvedObject": about,
        "type": "Normal" if notice.event in CALM else "Warning",
        "reason": f"Rollout{notice.event.capitalize()}",
        "message": _cut("\n".join(map(legible_line, (notice.text, *notice.lines)))),
        "source": {"component": "poolroll"},
        "reportingComponent": "poolroll",
        "reportingInstance": notice.rollout[:128],
        "firstTimestamp": _time(notice.wall),
        "lastTimestamp": _time(told),
        "count": 1,
    }


def _time(wall: datetime) -> str:
    return wall.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cut(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1] + "…"

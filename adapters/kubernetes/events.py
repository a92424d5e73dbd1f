"""What happens to a rollout, as Kubernetes Events on what it upgrades: `kubectl describe` shows
them, and whoever collects Events has them."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from adapters.kubernetes.faults import AlreadyExists, ApiError
from adapters.kubernetes.objects import Json, Objects
from adapters.kubernetes.paths import DAEMONSETS, DEPLOYMENTS, EVENTS, STATEFULSETS, Resource
from controller.ports import Clock
from controller.records import Notice, Undelivered

ALL: Final = ("started", "halted", "stuck", "done", "aborted")
CALM: Final = frozenset({"started", "done"})
"""The others are warnings."""
MOST: Final = 1024
"""Characters of a message that every version of the API takes."""
CLUSTER_WIDE: Final = "default"
"""Namespace of Events on what is in none."""
_WORKLOADS: Final = {one.kind.lower(): one for one in (STATEFULSETS, DAEMONSETS, DEPLOYMENTS)}


@dataclass(frozen=True, slots=True)
class Target:
    """What an Event is about."""

    resource: Resource
    name: str
    namespace: str = ""
    """Empty: it is in none."""


class EventNotifier:
    """Implements `controller.ports.Notifier`."""

    name = "Kubernetes Events"
    within = timedelta(seconds=10)

    def __init__(
        self,
        objects: Objects,
        resource: Resource,
        name: str,
        namespace: str,
        clock: Clock,
        *,
        workload: Callable[[], Awaitable[str]] | None = None,
        events: Collection[str] = ALL,
    ) -> None:
        """`workload`: finds what is meant instead, like `statefulset/web`; where it cannot, the
        Event is on the object that is named. `objects` is closed by whoever made it."""
        self.events = events
        self._objects = objects
        self._target = Target(resource, name, namespace if resource.namespaced else "")
        self._clock = clock
        self._workload = workload

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        try:
            target = await self._found()
            uid, told = await self._uid(target), self._clock.wall()
            body = event_of(notice, delivery, target, uid, told)
            await self._objects.create(EVENTS, body, target.namespace or CLUSTER_WIDE)
        except AlreadyExists:
            return None  # by an earlier try, whose answer was lost
        except ApiError as error:
            return Undelivered(error.words, error.retryable, error.retry_after)
        return None

    async def _found(self) -> Target:
        if self._workload is None:
            return self._target
        try:
            kind, _, name = (await self._workload()).partition("/")
            return Target(_WORKLOADS[kind.lower()], name, self._target.namespace)
        except (ApiError, KeyError):
            return self._target

    async def _uid(self, target: Target) -> str:
        """By which `kubectl describe` looks for Events; an Event without it is better than none."""
        try:
            found = await self._objects.get(target.resource, target.name, target.namespace)
        except ApiError:
            return ""
        return str(found["metadata"].get("uid", ""))

    async def aclose(self) -> None:
        """Nothing is open."""


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
        "message": _cut("\n".join((notice.text, *notice.lines))),
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

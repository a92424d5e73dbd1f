"""What happens to a rollout, as Kubernetes Events on what it upgrades: `kubectl describe` shows
them, and whoever collects Events has them."""

from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.faults import AlreadyExists, ApiError
from adapters.kubernetes.client.objects import Objects
from adapters.kubernetes.client.paths import (
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    NAMESPACES,
    STATEFULSETS,
    Resource,
)
from adapters.kubernetes.event import CLUSTER_WIDE, Target, event_of
from controller.errors import PoolrollError
from controller.ports import Clock
from controller.records import Notice, Undelivered

ALL: Final = ("started", "halted", "stuck", "done", "aborted")
_WORKLOADS: Final = {one.kind.lower(): one for one in (STATEFULSETS, DAEMONSETS, DEPLOYMENTS)}


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
        except PoolrollError as error:  # a kubeconfig that can no longer be used
            return Undelivered(str(error), error.retryable)
        return None

    async def _found(self) -> Target:
        if self._workload is None:
            return self._target
        try:
            kind, _, name = (await self._workload()).partition("/")
            return Target(_WORKLOADS[kind.lower()], name, self._target.namespace)
        except (PoolrollError, KeyError):
            return self._target

    async def _uid(self, target: Target) -> str:
        """By which `kubectl describe` looks for Events; an Event without it is better than none.
        Of a namespace it shows none, so nobody needs the right to read one."""
        if target.resource is NAMESPACES:
            return ""
        try:
            found = await self._objects.get(target.resource, target.name, target.namespace)
        except ApiError:
            return ""
        return str(found["metadata"].get("uid", ""))

    async def aclose(self) -> None:
        """Nothing is open."""

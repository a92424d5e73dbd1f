"""A live view of one pool: its Service, slices, workload and pods, and who the workload is."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from adapters.kubernetes.budgets import as_query
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import Forbidden
from adapters.kubernetes.client.paths import PODS, REPLICASETS, SERVICES, SLICES, Resource
from adapters.kubernetes.client.watch import Watch
from adapters.kubernetes.pod import is_terminating, uid_of
from adapters.kubernetes.pods.flips import Flips
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.owner import owner_of_pods
from adapters.kubernetes.pods.patches import digest
from adapters.kubernetes.pods.reads import Reads
from adapters.kubernetes.pods.slices import SERVICE_NAME, endpoints_of
from adapters.kubernetes.pods.workloads.base import Json, Seen, Workload, is_caught_up, owned
from adapters.kubernetes.pods.workloads.daemonset import DaemonSet
from adapters.kubernetes.pods.workloads.deployment import Deployment
from adapters.kubernetes.pods.workloads.sizes import is_active
from adapters.kubernetes.pods.workloads.statefulset import StatefulSet
from controller.errors import Unsupported
from controller.pools.kubernetes import PodPool
from controller.ports import Clock

NOW: Final = timedelta(0)

KINDS: Final[Mapping[str, type[Workload]]] = {
    "statefulset": StatefulSet,
    "daemonset": DaemonSet,
    "deployment": Deployment,
}
"""As a rollout file spells them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a pool is about; it does not change while a process lives."""

    namespace: str
    service: str
    kind: Workload
    path: str
    """`statefulset/web`."""

    @property
    def name(self) -> str:
        return self.path.partition("/")[2]


class Live:
    """Opened once. Raises ApiError, NoSuchBackend and Unsupported, which name the instance."""

    def __init__(
        self,
        api: Api,
        pool: PodPool,
        namespace: str,
        instance: str,
        clock: Clock,
        flips: Flips,
    ) -> None:
        self._api = api
        self._pool = pool
        self._namespace = namespace
        self._instance = instance
        self._clock = clock
        self._flips = flips
        self._opening = asyncio.Lock()
        self._identity: Identity | None = None
        self._reads = Reads(api, namespace, instance, clock)
        self._slices: Watch | None = None
        self._pods: Watch | None = None
        self._revisions: tuple[object, tuple[Json, ...]] = None, ()
        """Of which template, where that is certain."""

    async def identity(self) -> Identity:
        """Finds out on first use what the pool is, and begins to watch it."""
        async with self._opening:
            if self._identity is None:
                self._identity = await self._begin()
        return self._identity

    async def _begin(self) -> Identity:
        service = await self.service()
        path = self._pool.workload or await owner_of_pods(
            self._api, self._namespace, self._instance, service
        )
        kind_name = path.partition("/")[0]
        if kind_name not in KINDS:
            raise Unsupported(
                self._instance, f"{path} is no kind of workload that poolroll can step through"
            )
        found = Identity(self._namespace, self._pool.service, KINDS[kind_name](), path)
        workload = await self.workload(found)
        self._slices = Watch(
            self._api,
            SLICES,
            self._namespace,
            clock=self._clock,
            labels=f"{SERVICE_NAME}={self._pool.service}",
        )
        self._pods = Watch(
            self._api,
            PODS,
            self._namespace,
            clock=self._clock,
            labels=as_query(workload["spec"].get("selector") or {}),
            arrived=self._flips.arrived,
        )
        try:
            await self._slices.start()
            await self._pods.start()
        except BaseException:
            await self.aclose()
            raise
        return found

    # --- reading -----------------------------------------------------------------------------

    async def service(self, within: timedelta = NOW) -> Json:
        return await self._reads.get(SERVICES, self._pool.service, within)

    async def workload(self, identity: Identity, within: timedelta = NOW) -> Json:
        """`within`: an answer no older than that will do, where it was not waiting for its
        controller, and no counts hang on it."""
        resource, name = identity.kind.resource, identity.name
        known = self._reads.known(resource, name)
        if known is None or not is_caught_up(known) or identity.kind.history is REPLICASETS:
            within = NOW
        return await self._reads.get(resource, name, within)

    async def seen(self, workload: Json) -> Seen:
        """What belongs to it, as the watch has it."""
        identity = await self.identity()
        assert self._pods is not None
        # Before what is to follow from them: whoever is gone was counted down before.
        pods = [self._flips.as_set(pod) for pod in self._pods.objects().values()]
        if not self._has_revisions(identity, workload):
            # While its controller lags behind, they may still be those of another template.
            of = _key_of(workload) if is_caught_up(workload) else None
            self._revisions = of, await self._history(identity, workload)
        own = tuple(pod for pod in pods if identity.kind.owns(workload, pod))
        return Seen(workload, own, self._revisions[1])

    def _has_revisions(self, identity: Identity, workload: Json) -> bool:
        """Whether its revisions are known; those that count pods are never known for long."""
        is_counting = identity.kind.history is REPLICASETS
        return self._revisions[0] == _key_of(workload) and not is_counting

    @property
    def kind(self) -> Workload:
        """Once it is known what the pool is."""
        assert self._identity is not None
        return self._identity.kind

    def place_of(self, pod: Json) -> str:
        """The member that a pod is; empty: not known yet."""
        return self._identity.kind.place_of(pod) if self._identity is not None else ""

    def is_taken(self, member: str, pod: Json) -> bool:
        """Whether another pod than that sits in a member's place and stays, as is known by now."""
        assert self._pods is not None
        others = (one for one in self._pods.objects().values() if uid_of(one) != uid_of(pod))
        return any(
            self.place_of(self._flips.as_set(one)) == member and is_active(one) for one in others
        )

    async def pod_at(self, member: str, within: timedelta) -> Json | None:
        """The pod in a member's place; None: there is none."""
        await self.identity()
        assert self._pods is not None
        await self._pods.fresh(within)
        pods = [self._flips.as_set(pod) for pod in self._pods.objects().values()]
        found = [pod for pod in pods if self.place_of(pod) == member]
        return min(found, key=is_terminating, default=None)

    async def _history(self, identity: Identity, workload: Json) -> tuple[Json, ...]:
        query = as_query(workload["spec"].get("selector") or {})
        try:
            listed = await self._api.list(identity.kind.history, self._namespace, labels=query)
        except Forbidden:
            return ()
        return owned(workload, listed.items)

    async def picture(self, within: timedelta, read: timedelta = NOW) -> Picture:
        """All of it; what is watched was proven to be whole so long ago at most, and what is not
        watched was read so long ago at most."""
        identity, asked = await self.identity(), self._clock.now()
        assert self._pods is not None
        assert self._slices is not None
        # No TaskGroup: when two of its tasks fail at once, its cancellation may come after its end,
        # out of the next wait of whoever asked (CPython 3.11, `Task.uncancel`).
        proofs = (self._pods.fresh(within), self._slices.fresh(within))
        service, workload, *proven = await asyncio.gather(
            self.service(read), self.workload(identity, read), *proofs, return_exceptions=True
        )
        for error in (service, workload, *proven):
            if isinstance(error, BaseException):
                raise error
        assert isinstance(service, dict)
        assert isinstance(workload, dict)
        # The pods are as of now: beside a Service from before a write of ours, those that have lost
        # their label since would seem to be out.
        service = self._reads.newest(SERVICES, self._pool.service, asked, service)
        workload = self._reads.newest(identity.kind.resource, identity.name, asked, workload)
        return await self._drawn(service, workload)

    async def at_hand(self) -> Picture | None:
        """The same as of what is known by now: nothing is asked, and nothing is proven. None: it
        takes a question to say, or a watch is cut."""
        service = self._reads.known(SERVICES, self._pool.service)
        identity = self._identity
        if identity is None or service is None or not self._is_told:
            return None
        workload = self._reads.known(identity.kind.resource, identity.name)
        if workload is None or not self._has_revisions(identity, workload):
            return None
        return await self._drawn(service, workload)

    async def _drawn(self, service: Json, workload: Json) -> Picture:
        assert self._slices is not None
        serials = self._serials  # what comes from now on may not be in it
        seen = await self.seen(workload)
        return Picture(
            service,
            endpoints_of(self._slices.objects().values()),
            seen,
            frozenset(self._flips.kept_out),
            serials,
        )

    async def prove(self) -> None:
        """That nothing that happens to the pods would be missed now: before each eviction."""
        assert self._pods is not None
        await self._pods.fresh(timedelta(seconds=1))

    def noted(self, pod: Json) -> None:
        """What the API answered to a write: no watch has to tell it first."""
        if self._pods is not None:
            self._pods.noted(pod)

    def wrote(self, resource: Resource, found: Json) -> None:
        """The same, of the Service or the workload."""
        self._reads.note(resource, found)

    @property
    def _is_told(self) -> bool:
        """Whether all that is watched is told of at once."""
        return self.is_watching and self._slices is not None and self._slices.is_open

    @property
    def is_watching(self) -> bool:
        """Whether new pods are told of at once."""
        return self._pods is not None and self._pods.is_open

    @property
    def _serials(self) -> tuple[int, int]:
        assert self._pods is not None
        assert self._slices is not None
        return self._pods.serial, self._slices.serial

    async def changed(self, since: Picture | None) -> None:
        """Waits until something is other than in that picture; None: than now."""
        await self.identity()
        assert self._pods is not None
        assert self._slices is not None
        pods, slices = since.serials if since is not None else self._serials
        tasks = [
            asyncio.create_task(self._pods.changed(pods)),
            asyncio.create_task(self._slices.changed(slices)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def aclose(self) -> None:
        for watch in (self._slices, self._pods):
            if watch is not None:
                await watch.aclose()


def _key_of(workload: Json) -> object:
    """Differs once its revisions may differ."""
    return workload["metadata"]["uid"], digest(workload["spec"]["template"])

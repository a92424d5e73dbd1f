"""A pool of pods behind a Service on the fake cluster, and the adapter in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.pods.service import ServicePool
from controller.pools.kubernetes import Cluster, PodPool
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import ADMIN, FakeCluster
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import PODS, SLICES, Json
from tests.support.waiting import until

V2 = {"spec": {"containers": [{"name": "web", "image": "app:v2"}]}}
POOL = PodPool(Cluster(), "web", template=V2, settle=timedelta(milliseconds=20))


def ready(cluster: FakeCluster) -> list[str]:
    """Names of the pods that the Service sends users to."""
    return sorted(
        endpoint["targetRef"]["name"]
        for one in cluster.all(SLICES)
        for endpoint in one.get("endpoints") or ()
        if endpoint["conditions"].get("ready")
    )


def images(cluster: FakeCluster) -> dict[str, str]:
    """Of each pod, but for those that are ending."""
    return {
        pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"]
        for pod in cluster.all(PODS)
        if "deletionTimestamp" not in pod["metadata"]
    }


@asynccontextmanager
async def pods_of(
    workload: Json, *more: Json, count: int, **options: Any
) -> AsyncIterator[FakeCluster]:
    """All of them in service. Without TLS, since handshakes cost more than the tests. A pod takes
    longer to end than two calls do, and to be Ready than one."""
    manner = options.setdefault("manner", Manner(boot=0.1, ends=0.15))
    async with FakeCluster(tls=False, nodes=max(3, count), **options) as cluster:
        services = [] if any(one["kind"] == "Service" for one in more) else [manifests.service()]
        cluster.add(*services, *more, workload)
        await until(lambda: len(ready(cluster)) == count, what="all pods to be in service")
        manner.waits = 1.5
        yield cluster


def api_for(cluster: FakeCluster, folder: Path, token: str = ADMIN) -> Api:
    path = cluster.kubeconfig(folder, token=token)
    return Api(access_of(kubeconfig=str(path)), SystemClock())


@asynccontextmanager
async def pool_on(
    cluster: FakeCluster, folder: Path, pool: PodPool = POOL, token: str = ADMIN
) -> AsyncIterator[ServicePool]:
    api = api_for(cluster, folder, token)
    balancer = ServicePool(api, pool, SystemClock())
    try:
        yield balancer
    finally:
        await balancer.aclose()
        await api.aclose()

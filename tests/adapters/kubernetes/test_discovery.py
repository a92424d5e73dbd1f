"""What `init` and `rbac` find in a cluster, and what a plan says that a run would lack."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.pods.discovery import found_behind, workload_of
from adapters.kubernetes.rbac import unlocked, unwritable
from controller.errors import Refused, UsageFault
from controller.pools.kubernetes import ROTATION_LABEL, Cluster, PodPool
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster

HERE = Cluster(namespace="default")
POOL = PodPool(HERE, "web")


@asynccontextmanager
async def stage(folder: Path, *, rbac: bool = False) -> AsyncIterator[tuple[FakeCluster, Api]]:
    async with FakeCluster(rbac=rbac) as cluster:
        token = cluster.account("default", "roller") if rbac else cluster.token
        path = cluster.kubeconfig(folder, token=token)
        api = Api(access_of(kubeconfig=str(path)), SystemClock())
        try:
            yield cluster, api
        finally:
            await api.aclose()


async def test_behind_a_service(tmp_path: Path) -> None:
    """Pods, their workload, image, port and budgets; of several Services, the fullest."""
    async with stage(tmp_path) as (cluster, api):
        small, budget = manifests.statefulset("api", replicas=1), manifests.budget(minAvailable=1)
        cluster.add(manifests.service("api", rotation=False), small, manifests.service(), budget)
        cluster.add(manifests.deployment(replicas=2))
        await cluster.settled()
        found = await found_behind(api, HERE, "", ROTATION_LABEL)
        assert (found.service, found.workload, found.port) == ("web", "deployment/web", 8080)
        assert (found.containers, found.budgets) == ((("web", "app:v1"),), ("web",))
        assert (found.is_checked, found.is_prepared, found.others) == (True, True, ("api",))
        assert [is_ready for _, is_ready in found.pods] == [True, True]
        other = await found_behind(api, HERE, "api", ROTATION_LABEL)
        assert (other.workload, other.is_prepared) == ("statefulset/api", False)
        with pytest.raises(UsageFault, match=r"init --service nope: .* with pods: web, api"):
            await found_behind(api, HERE, "nope", ROTATION_LABEL)


async def test_the_workload_of_a_pool(tmp_path: Path) -> None:
    """As the file says, else the one owner of all pods."""
    async with stage(tmp_path) as (cluster, api):
        named = replace(POOL, workload="daemonset/x")
        assert await workload_of(api, "default", named) == "daemonset/x"
        cluster.add(manifests.service())
        with pytest.raises(
            Refused, match=r"no pods of a workload; write pool\.kubernetes\.workload"
        ):
            await workload_of(api, "default", POOL)
        with pytest.raises(Refused, match="no Service in namespace default has pods"):
            await found_behind(api, HERE, "", ROTATION_LABEL)
        cluster.add(manifests.statefulset(replicas=1))
        await cluster.settled()
        assert await workload_of(api, "default", POOL) == "statefulset/web"


async def test_what_a_run_would_lack(tmp_path: Path) -> None:
    """Lock and state, each with the rule to add; Events for themselves."""
    async with stage(tmp_path, rbac=True) as (_, api):
        lock, events = await unlocked(api, POOL, "statefulset/web")
        assert {one.right.verb for one in lock} == {"get", "patch", "create"}
        assert 'resourceNames: ["poolroll-pool-statefulset-web"]' in str(lock[0])
        assert [one.right.resource for one in events] == ["events"]
        state = await unwritable(api, "default", "web")
        assert {one.right.resource for one in state} == {"configmaps", "leases"}

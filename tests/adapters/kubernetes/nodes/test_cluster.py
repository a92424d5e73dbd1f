"""Nodes of a cluster, over HTTP: the fake API server, or a real one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.nodes.pool import NodesPool
from adapters.kubernetes.nodes.proof import is_healthy
from controller.core.outcome import Outcome
from controller.core.pool import Admin, Found
from controller.core.settings import DrainPolicy, Policies, Selection
from controller.errors import CommandRefused
from controller.pools.kubernetes import Cluster as Where
from controller.pools.kubernetes import NodePool
from controller.tasks import Command, Job, JobResult
from tests.adapters.kubernetes.nodes.rollout import Ground, roll
from tests.support.kubernetes.any_cluster import LONG, MARK, Cluster, a_cluster
from tests.support.kubernetes.load import Users
from tests.support.kubernetes.manifests import budget, daemonset, deployment, service, statefulset
from tests.support.kubernetes.variants import tuned
from tests.support.virtual import LoopClock
from tests.support.waiting import until

pytestmark = pytest.mark.cluster
KUBELET = "v1.36.9"
POLICIES = Policies(drain=DrainPolicy(timeout=timedelta(seconds=60)), soak=timedelta(seconds=0.2))


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with a_cluster(tmp_path, nodes=3, pace=0.1, backoff=0.2) as one:

        async def taken_in() -> bool:
            found = [await node(one, name) for name in one.nodes.names]
            return all(map(is_healthy, found))

        await until(taken_in, LONG, "Nodes that are Ready, without a taint", every=0.05)
        yield one


class Reboots:
    """Implements `controller.ports.Commands`: `reboot NODE`, so fast that the cluster notices
    nothing but a new boot id."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.same_boot = False
        self.full: list[str] = []
        """Pods that were still on a Node when it was rebooted."""

    async def run(self, job: Job) -> JobResult:
        name = job.command.argv[1]
        found = await self._cluster.api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={name}")
        self.full += [
            pod["metadata"]["name"]
            for pod in found["items"]
            if pod["metadata"]["labels"].get("app") != "log"
        ]
        await self._cluster.nodes.reboot(
            name, takes=0.3, kubelet=KUBELET, same_boot=self.same_boot, silent=True
        )
        return JobResult(exit_code=0)

    async def run_briefly(self, command: Command) -> JobResult:
        return JobResult(exit_code=0)

    def unstartable(self, command: Command) -> str | None:
        """Every program is there."""


async def occupied(cluster: Cluster) -> None:
    """Two workloads, one of them under a budget, and a DaemonSet."""
    await cluster.create(
        tuned(deployment("web"), grace=5, pre_stop=1, env={"APP_GRACEFUL": "1"}),
        service("web"),
        tuned(statefulset("db"), grace=1),
        daemonset("log"),
        budget("web", minAvailable=2),
    )
    for app in ("web", "db", "log"):
        await cluster.ready(3, f"app={app}")


@pytest.fixture
async def api(cluster: Cluster) -> AsyncIterator[Api]:
    access = access_of(kubeconfig=str(cluster.kubeconfig), namespace=cluster.namespace)
    made = Api(access, LoopClock())
    yield made
    await made.aclose()


def ground_for(cluster: Cluster, *steps: str, template: Json | None = None) -> Ground:
    pool = NodePool(
        Where(),
        f"{MARK}={cluster.namespace}",
        expect={"boot_id": "changed", "kubelet_version": KUBELET},
        settle=timedelta(seconds=0.1),
    )
    ground = Ground(pool=pool, policies=POLICIES, template=json.dumps(template))
    return replace(ground, steps=steps) if steps else ground


async def node(cluster: Cluster, name: str) -> Json:
    return await cluster.api.get(f"/api/v1/nodes/{name}")


async def test_three_nodes_one_after_the_other(cluster: Cluster, api: Api) -> None:
    """Emptied, rebooted, proven, and no user fails; the budget is kept; nothing of ours is left on
    them."""
    await occupied(cluster)
    ground = ground_for(cluster)
    reboots = Reboots(cluster)
    async with cluster.proxy() as proxy:
        await until(lambda: len(proxy.places) == 3, LONG, "three endpoints")
        async with Users(proxy.port, rate=40, clients=4) as users:
            began = time.monotonic()
            played = await roll(ground, NodesPool(api, ground.pool, LoopClock()), reboots)
            assert played.end.outcome is Outcome.DONE, (played.end, played.told)
        assert proxy.fewest(began) >= 1  # proxies lag behind what the budget counts
    assert users.tally.failed == 0, users.tally.by_failure
    assert reboots.full == []
    for name in cluster.nodes.names:
        found = await node(cluster, name)
        assert found["status"]["nodeInfo"]["kubeletVersion"] == KUBELET
        assert not found["spec"].get("unschedulable")
        assert not [key for key in found["metadata"].get("annotations") or {} if "poolroll" in key]
        assert (
            "node.kubernetes.io/exclude-from-external-load-balancers"
            not in (found["metadata"]["labels"])
        )
    await cluster.ready(3)


async def test_a_reboot_that_was_none_halts_at_the_first_node(cluster: Cluster, api: Api) -> None:
    ground = ground_for(cluster)
    ground.long = timedelta(seconds=1.5)
    reboots = Reboots(cluster)
    reboots.same_boot = True
    played = await roll(ground, NodesPool(api, ground.pool, LoopClock()), reboots)
    assert played.end.outcome is Outcome.HALTED
    assert "it was not rebooted" in played.told
    first, *others = sorted(cluster.nodes.names)
    assert (await node(cluster, first))["spec"]["unschedulable"]
    for name in others:
        assert not (await node(cluster, name))["spec"].get("unschedulable")


async def test_a_job_upgrades_a_node(cluster: Cluster, api: Api) -> None:
    """Pinned to the Node, though it is cordoned; what it ended with is known."""
    await cluster.create(tuned(statefulset("db"), grace=1))
    await cluster.ready(3, "app=db")
    variables = {"APP_REBOOT": "1", "APP_KUBELET": KUBELET}
    container = {
        "name": "up",
        "image": "job:v1-exit100",
        "env": [{"name": key, "value": value} for key, value in variables.items()],
    }
    template = {"spec": {"containers": [container]}}
    ground = ground_for(cluster, "note_boot_id", "job", "node_is_back", template=template)
    ground.selection = Selection(include=(min(cluster.nodes.names),))
    played = await roll(ground, NodesPool(api, ground.pool, LoopClock()), Reboots(cluster))
    assert played.end.outcome is Outcome.DONE, (played.end, played.told)
    found = await node(cluster, min(cluster.nodes.names))
    assert found["status"]["nodeInfo"]["kubeletVersion"] == KUBELET


async def test_what_somebody_else_does_to_a_node_is_noticed_at_once(
    cluster: Cluster, api: Api
) -> None:
    pool = NodesPool(api, ground_for(cluster).pool, LoopClock())
    view = await pool.look(api.where, None)
    assert all(line.is_serving for line in view.lines)
    told = asyncio.create_task(pool.changed(api.where))
    await asyncio.sleep(0.1)
    name = cluster.nodes.names[0]
    await cluster.api.merge(f"/api/v1/nodes/{name}", {"spec": {"unschedulable": True}})
    await asyncio.wait_for(told, LONG)
    line = (await pool.look(api.where, [name])).lines[0]
    assert line.admin is Admin.OUT
    with pytest.raises(CommandRefused, match="was cordoned by somebody else"):
        await pool.drain(name)
    await pool.aclose()


async def test_a_cordon_that_follows_ours_is_not_taken_for_ours(cluster: Cluster, api: Api) -> None:
    """Uncordoned by hand, and cordoned again: our annotation is still there, and the field has
    another owner."""
    pool = NodesPool(api, ground_for(cluster).pool, LoopClock())
    name = cluster.nodes.names[0]
    await pool.drain(name)
    assert (await pool.look(api.where, [name])).lines[0].admin is Admin.DRAINING
    for value in (None, True):
        await cluster.api.merge(f"/api/v1/nodes/{name}", {"spec": {"unschedulable": value}})
    assert (await pool.look(api.where, [name])).lines[0].admin is Admin.OUT
    with pytest.raises(CommandRefused, match="was cordoned by somebody else"):
        await pool.put_back(name, Found(()))
    found = await node(cluster, name)
    assert found["spec"]["unschedulable"]
    assert (
        "node.kubernetes.io/exclude-from-external-load-balancers"
        not in (found["metadata"]["labels"])
    )
    await pool.aclose()

"""Gates on the members themselves ask the pool: what it knows of a pod, and of a Node."""

from datetime import timedelta
from pathlib import Path

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.evidence import OwnEvidence
from adapters.kubernetes.nodes.pool import NodesPool
from adapters.kubernetes.pods.service import ServicePool
from controller.core.gates.evidence import Missing
from controller.core.pool import Found
from controller.pools.kubernetes import Cluster, NodePool, PodPool
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import NODES, PODS, Json

HERE = Cluster(namespace="default")


def started_again(pod: Json) -> None:
    (container,) = pod["status"]["containerStatuses"]
    container["restartCount"] += 1


def unready(one: Json) -> None:
    (ready,) = (c for c in one["status"]["conditions"] if c["type"] == "Ready")
    ready["status"] = "False"


async def test_what_happens_to_members(tmp_path: Path) -> None:
    """Seen at the next question."""
    clock = SystemClock()
    async with FakeCluster() as cluster:
        cluster.add(manifests.service(), manifests.statefulset(replicas=2))
        await cluster.settled()
        api = Api(access_of(kubeconfig=str(cluster.kubeconfig(tmp_path))), clock)
        service = ServicePool(api, PodPool(HERE, "web"), clock)
        pods = OwnEvidence("fake", service, clock)
        nodes = NodesPool(api, NodePool(HERE, "kubernetes.io/hostname"), clock)
        machines = OwnEvidence("fake", nodes, clock)
        assert (await pods.read("restarts web-0 1s")).value == 0
        assert (await machines.read("unready node-2 1s")).value == 0
        assert (await pods.read("restarts web-7 1s")).missing is Missing.NO_DATA
        cluster.change(PODS, "web-0", started_again, subresource="status")
        cluster.change(NODES, "node-2", unready, subresource="status")
        await clock.sleep(timedelta(seconds=1))
        assert (await pods.read("restarts web-0 1s")).value == 1
        assert (await pods.read("restarts web-1 1s")).value == 0
        assert (await machines.read("unready node-2 1s")).value == 1
        assert await service.put_back("web-1", Found(()))
        cluster.change(PODS, "web-1", started_again, subresource="status")
        await clock.sleep(timedelta(seconds=1))
        assert (await pods.read("restarts web-1 1s")).value == 1  # since its return
        await service.aclose()
        await nodes.aclose()
        await api.aclose()

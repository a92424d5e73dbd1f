"""StatefulSets: the traps of `partition`."""

from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.controllers.endpointslices import NAME
from tests.support.kubernetes.kinds import PODS, SLICES, STATEFULSETS
from tests.support.kubernetes.objects import is_ready, is_terminating, labels_of, name_of
from tests.support.waiting import until


def ready(cluster: FakeCluster) -> set[str]:
    return {name_of(pod) for pod in cluster.all(PODS) if is_ready(pod) and not is_terminating(pod)}


def in_slices(cluster: FakeCluster, service: str = "web") -> set[str]:
    return {
        endpoint["targetRef"]["name"]
        for one in cluster.all(SLICES)
        if labels_of(one).get(NAME) == service
        for endpoint in one["endpoints"]
        if endpoint["conditions"]["ready"]
    }


async def test_pods_come_up_in_order_and_into_the_slices(cluster: FakeCluster) -> None:
    cluster.add(manifests.service(), manifests.statefulset())
    await until(lambda: in_slices(cluster) == {"web-0", "web-1", "web-2"})
    status = cluster.get(STATEFULSETS, "web")["status"]
    assert status["currentRevision"] == status["updateRevision"]

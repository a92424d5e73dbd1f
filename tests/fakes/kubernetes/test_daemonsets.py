"""DaemonSets: a new name on the same Node, made as soon as the old pod has ended."""

from typing import Any

from tests.fakes.kubernetes.seen import (
    flip,
    image_of,
    images,
    patched,
    quiet,
    ready,
    serving,
    steady,
    to_image,
)
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import DAEMONSETS, NODES, PODS, REVISIONS, Json
from tests.support.kubernetes.objects import controller_of, is_over, labels_of, name_of
from tests.support.waiting import until


async def start(cluster: FakeCluster, **spec: Any) -> dict[str, str]:
    """Pods by Node."""
    cluster.add(manifests.service(), manifests.daemonset(**spec))
    await steady(cluster, 3)
    return {pod["spec"]["nodeName"]: name_of(pod) for pod in cluster.all(PODS)}


async def test_one_pod_on_each_node(cluster: FakeCluster) -> None:
    assert set(await start(cluster)) == {"node-1", "node-2", "node-3"}
    await until(lambda: len(serving(cluster)) == 3)
    await quiet(cluster)
    status: Json = cluster.get(DAEMONSETS, "web")["status"]
    assert status["numberAvailable"] == status["updatedNumberScheduled"] == 3
    assert "updateRevision" not in status


async def test_the_new_pod_is_there_before_the_old_one_is_gone(cluster: FakeCluster) -> None:
    """So it is found by Node and UID, not by a count."""
    pods = await start(cluster)
    patched(cluster, DAEMONSETS, "web", to_image("app:v2"))
    await quiet(cluster)
    assert set(images(cluster).values()) == {"app:v1"}
    assert cluster.kubelet is not None
    cluster.kubelet.manner.gone = 1.0
    cluster.registry.delete(PODS, pods["node-2"], "default")
    await until(lambda: "app:v2" in images(cluster).values(), every=0.001)
    assert is_over(cluster.get(PODS, pods["node-2"]))
    [new] = [pod for pod in cluster.all(PODS) if image_of(pod) == "app:v2"]
    assert name_of(new) not in pods.values()
    await steady(cluster, 3)
    assert cluster.get(PODS, name_of(new))["spec"]["nodeName"] == "node-2"


async def test_the_newest_revision_tells_which_pods_are_new(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DAEMONSETS, "web", to_image("app:v2"))
    await until(lambda: len(cluster.all(REVISIONS)) == 2)
    newest = max(cluster.all(REVISIONS), key=lambda one: int(one["revision"]))
    first = cluster.all(PODS)[0]
    assert (
        labels_of(first)["controller-revision-hash"]
        != labels_of(newest)["controller-revision-hash"]
    )
    cluster.registry.delete(PODS, name_of(first), "default")
    await until(lambda: len(ready(cluster, "app:v2")) == 1)
    [new] = [pod for pod in cluster.all(PODS) if image_of(pod) == "app:v2"]
    key = "controller-revision-hash"
    assert labels_of(new)[key] == labels_of(newest)[key]


async def test_a_rotation_label_in_the_selector_makes_another_pod(cluster: FakeCluster) -> None:
    """And kills one when the label returns."""
    labels = {"app": "web", manifests.ROTATION: "in"}
    pods = await start(cluster, selector={"matchLabels": labels})
    flip(cluster, pods["node-1"], "out")
    await until(lambda: len(ready(cluster)) == 4)
    assert controller_of(cluster.get(PODS, pods["node-1"])) is None


async def test_a_rolling_update_takes_one_after_the_other(cluster: FakeCluster) -> None:
    await start(cluster, updateStrategy={"type": "RollingUpdate"})
    least = [3]
    cluster.store.listeners.append(lambda event: least.append(len(ready(cluster))))
    patched(cluster, DAEMONSETS, "web", to_image("app:v2"))
    await steady(cluster, 3, "app:v2")
    assert min(least) == 2


async def test_a_cordoned_node_keeps_its_pod(cluster: FakeCluster) -> None:
    pods = await start(cluster)
    patched(cluster, NODES, "node-1", {"spec": {"unschedulable": True}})
    await quiet(cluster)
    assert pods["node-1"] in ready(cluster)
    cluster.registry.delete(PODS, pods["node-1"], "default")
    await steady(cluster, 3)

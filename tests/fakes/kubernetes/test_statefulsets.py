"""StatefulSets: the traps of `partition`, of OnDelete and of labels."""

from functools import partial
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
from tests.support.kubernetes.eviction import evict
from tests.support.kubernetes.kinds import PODS, REVISIONS, STATEFULSETS, Json
from tests.support.kubernetes.objects import (
    controller_of,
    is_ready,
    is_terminating,
    is_true,
    labels_of,
    name_of,
    uid_of,
)
from tests.support.waiting import until

HOLD = {"rollingUpdate": {"partition": manifests.HUGE}}


def held(image: str, partition: int = manifests.HUGE) -> Json:
    return to_image(image, updateStrategy={"rollingUpdate": {"partition": partition}})


def partition(number: int) -> Json:
    return {"spec": {"updateStrategy": {"rollingUpdate": {"partition": number}}}}


def status(cluster: FakeCluster) -> Json:
    found: Json = cluster.get(STATEFULSETS, "web")["status"]
    return found


async def start(cluster: FakeCluster, **spec: Any) -> None:
    cluster.add(manifests.service(), manifests.statefulset(**spec))
    await steady(cluster, 3)


async def test_pods_come_up_in_order_and_into_the_slices(cluster: FakeCluster) -> None:
    await start(cluster)
    await until(lambda: serving(cluster) == {"web-0", "web-1", "web-2"})
    assert status(cluster)["currentRevision"] == status(cluster)["updateRevision"]
    made = [event.object for event in cluster.store.history if event.kind is PODS]
    first = next(pod for pod in made if name_of(pod) == "web-1")
    before = [pod for pod in made if name_of(pod) == "web-0" and is_ready(pod)]
    assert int(before[0]["metadata"]["resourceVersion"]) < int(first["metadata"]["resourceVersion"])


async def test_one_patch_of_template_and_partition_moves_nothing(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2"))
    await until(lambda: status(cluster)["observedGeneration"] == 2)
    await quiet(cluster)
    assert set(images(cluster).values()) == {"app:v1"}
    assert status(cluster)["currentRevision"] != status(cluster)["updateRevision"]


async def test_without_a_partition_the_top_pod_goes_at_once(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", to_image("app:v2"))
    await until(lambda: is_terminating(cluster.get(PODS, "web-2")), every=0.001)
    await steady(cluster, 3, "app:v2")
    await until(lambda: status(cluster)["currentRevision"] == status(cluster)["updateRevision"])


async def test_the_measured_sequence_takes_one_pod(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2"))
    flip(cluster, "web-2", "out")
    await until(lambda: serving(cluster) == {"web-0", "web-1"})
    evict(cluster.registry, "web-2", "default", {}, is_dry=False)
    patched(cluster, STATEFULSETS, "web", partition(2))
    await until(lambda: "web-2" in ready(cluster, "app:v2"))
    await quiet(cluster)
    assert images(cluster) == {"web-0": "app:v1", "web-1": "app:v1", "web-2": "app:v2"}
    assert labels_of(cluster.get(PODS, "web-2"))[manifests.ROTATION] == "in"


async def test_a_partition_of_the_replicas_does_not_hold_an_autoscaler(
    cluster: FakeCluster,
) -> None:
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2", 3))
    patched(cluster, STATEFULSETS, "web", {"spec": {"replicas": 5}})
    await steady(cluster, 5)
    assert (images(cluster)["web-3"], images(cluster)["web-4"]) == ("app:v2", "app:v2")
    patched(cluster, STATEFULSETS, "web", partition(manifests.HUGE))
    patched(cluster, STATEFULSETS, "web", {"spec": {"replicas": 6}})
    await steady(cluster, 6)
    assert images(cluster)["web-5"] == "app:v1"


async def test_evicted_too_early_it_comes_back_old_and_is_taken_again(
    cluster: FakeCluster,
) -> None:
    """The partition is lowered after the new pod is there: into the slices, and deleted."""
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2"))
    former = uid_of(cluster.get(PODS, "web-2"))
    evict(cluster.registry, "web-2", "default", {}, is_dry=False)
    await until(lambda: (pod := cluster.find(PODS, "web-2")) and uid_of(pod) != former)
    patched(cluster, STATEFULSETS, "web", partition(2))
    old = cluster.get(PODS, "web-2")
    assert image_of(old) == "app:v1"
    await steady(cluster, 3)
    await until(lambda: images(cluster).get("web-2") == "app:v2")
    assert any(
        is_ready(event.object) and uid_of(event.object) == uid_of(old)
        for event in cluster.store.history
        if event.kind is PODS
    )


async def test_a_partition_lowered_first_is_a_deletion_that_asks_no_budget(
    cluster: FakeCluster,
) -> None:
    cluster.add(manifests.budget(maxUnavailable=0))
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2"))
    patched(cluster, STATEFULSETS, "web", partition(2))
    await until(lambda: is_terminating(cluster.get(PODS, "web-2")), every=0.001)


async def test_a_former_template_under_the_same_partition_deletes_the_new_pod(
    cluster: FakeCluster,
) -> None:
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:v2", 2))
    await until(lambda: "web-2" in ready(cluster, "app:v2"))
    patched(cluster, STATEFULSETS, "web", to_image("app:v1"))
    await until(lambda: is_terminating(cluster.get(PODS, "web-2")), every=0.001)


async def test_rollback_is_one_patch_and_revision_names_return(cluster: FakeCluster) -> None:
    await start(cluster)
    first = status(cluster)["updateRevision"]
    patched(cluster, STATEFULSETS, "web", held("app:v2", 2))
    await until(lambda: "web-2" in ready(cluster, "app:v2"))
    patched(cluster, STATEFULSETS, "web", held("app:v1"))
    await until(lambda: status(cluster)["updateRevision"] == first)
    await quiet(cluster)
    assert images(cluster)["web-2"] == "app:v2"
    evict(cluster.registry, "web-2", "default", {}, is_dry=False)
    await until(lambda: "web-2" in ready(cluster, "app:v1"))
    assert len(cluster.all(REVISIONS)) == 2


async def test_a_broken_pod_stops_the_controller(cluster: FakeCluster) -> None:
    """Parallel too; after the template is back the broken pod stays, where it is ordered."""
    assert cluster.kubelet is not None
    cluster.kubelet.manner.becomes_ready = lambda pod: image_of(pod) != "app:bad"
    await start(cluster)
    patched(cluster, STATEFULSETS, "web", held("app:bad", 0))
    await until(lambda: images(cluster).get("web-2") == "app:bad")
    await quiet(cluster)
    assert ready(cluster) == {"web-0", "web-1"}
    patched(cluster, STATEFULSETS, "web", held("app:v1"))
    await quiet(cluster)
    assert images(cluster)["web-2"] == "app:bad"
    cluster.registry.delete(PODS, "web-2", "default")
    await steady(cluster, 3, "app:v1")


async def test_a_broken_pod_stops_the_controller_in_parallel_too(cluster: FakeCluster) -> None:
    assert cluster.kubelet is not None
    cluster.kubelet.manner.becomes_ready = lambda pod: image_of(pod) != "app:bad"
    await start(cluster, podManagementPolicy="Parallel")
    patched(cluster, STATEFULSETS, "web", held("app:bad", 0))
    await until(lambda: images(cluster).get("web-2") == "app:bad")
    await quiet(cluster)
    assert ready(cluster) == {"web-0", "web-1"}


async def test_a_rotation_label_in_the_selector_orphans_the_pod(cluster: FakeCluster) -> None:
    """It is stuck (the name is taken) until the label is back."""
    labels = {"app": "web", manifests.ROTATION: "in"}
    await start(cluster, selector={"matchLabels": labels})
    flip(cluster, "web-1", "out")
    await until(lambda: controller_of(cluster.get(PODS, "web-1")) is None)
    await quiet(cluster)
    assert {name_of(pod) for pod in cluster.all(PODS)} == {"web-0", "web-1", "web-2"}
    assert status(cluster)["replicas"] == 2
    flip(cluster, "web-1", "in")
    await until(lambda: controller_of(cluster.get(PODS, "web-1")) is not None)


async def test_a_flip_leaves_the_workload_alone(cluster: FakeCluster) -> None:
    await start(cluster)
    await quiet(cluster)
    before = cluster.get(STATEFULSETS, "web")
    flip(cluster, "web-1", "out")
    await until(lambda: serving(cluster) == {"web-0", "web-2"})
    assert cluster.get(STATEFULSETS, "web") == before


async def test_a_readiness_gate_keeps_a_pod_out_until_somebody_opens_it(
    cluster: FakeCluster,
) -> None:
    made = manifests.statefulset(replicas=1)
    made["spec"]["template"]["spec"]["readinessGates"] = [{"conditionType": "poolroll.dev/in"}]
    cluster.add(made)
    await until(lambda: (pod := cluster.find(PODS, "web-0")) and is_true(pod, "ContainersReady"))
    await quiet(cluster)
    assert not is_ready(cluster.get(PODS, "web-0"))

    def opened(pod: Json) -> None:
        pod["status"]["conditions"].append({"type": "poolroll.dev/in", "status": "True"})

    cluster.change(PODS, "web-0", opened, subresource="status")
    await steady(cluster, 1)


# OnDelete


def _is_new(cluster: FakeCluster, pod: str) -> bool:
    return pod in ready(cluster, "app:v2")


async def test_on_delete_any_deletion_upgrades_the_pod(cluster: FakeCluster) -> None:
    """In the call right after the patch, without waiting; the current revision never moves."""
    await start(cluster, updateStrategy={"type": "OnDelete"})
    first = status(cluster)["currentRevision"]
    patched(cluster, STATEFULSETS, "web", to_image("app:v2"))
    for number in (2, 1, 0):
        cluster.registry.delete(PODS, f"web-{number}", "default")
        await until(partial(_is_new, cluster, f"web-{number}"))
    await steady(cluster, 3, "app:v2")
    await quiet(cluster)
    assert status(cluster)["currentRevision"] == first
    assert status(cluster)["updatedReplicas"] == 3


async def test_a_container_that_crashes_keeps_the_old_template(cluster: FakeCluster) -> None:
    await start(cluster, updateStrategy={"type": "OnDelete"})
    patched(cluster, STATEFULSETS, "web", to_image("app:v2"))
    assert cluster.kubelet is not None
    before = uid_of(cluster.get(PODS, "web-0"))
    cluster.kubelet.restart("web-0")
    await quiet(cluster)
    pod = cluster.get(PODS, "web-0")
    assert (uid_of(pod), image_of(pod)) == (before, "app:v1")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 1

"""EndpointSlices: readiness, ends, flips, and more endpoints than a slice holds."""

import pytest

from tests.fakes.kubernetes.seen import endpoints, flip, patched, quiet, ready, serving, steady
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.controllers.endpointslices import LARGEST
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import PODS, SERVICES, SLICES
from tests.support.waiting import until


async def start(cluster: FakeCluster) -> None:
    cluster.add(manifests.service(), manifests.statefulset())
    await steady(cluster, 3)
    await until(lambda: len(serving(cluster)) == 3)


async def test_a_pod_that_terminates_serves_while_it_is_ready(cluster: FakeCluster) -> None:
    assert cluster.kubelet is not None
    cluster.kubelet.manner.ends = 20.0
    await start(cluster)
    cluster.registry.delete(PODS, "web-2", "default")
    await until(lambda: endpoints(cluster)["web-2"]["terminating"])
    assert endpoints(cluster)["web-2"] == {"ready": False, "serving": True, "terminating": True}


async def test_an_unready_pod_is_listed_and_not_ready(cluster: FakeCluster) -> None:
    await start(cluster)
    assert cluster.kubelet is not None
    cluster.kubelet.make_unready("web-1")
    await until(lambda: serving(cluster) == {"web-0", "web-2"})
    assert endpoints(cluster)["web-1"] == {"ready": False, "serving": False, "terminating": False}


async def test_a_service_may_publish_what_is_not_ready(cluster: FakeCluster) -> None:
    await start(cluster)
    assert cluster.kubelet is not None
    cluster.kubelet.make_unready("web-1")
    await until(lambda: len(serving(cluster)) == 2)
    cluster.change(SERVICES, "web", lambda one: one["spec"].update(publishNotReadyAddresses=True))
    await until(lambda: len(serving(cluster)) == 3)


async def test_a_service_without_endpoints_keeps_a_slice(cluster: FakeCluster) -> None:
    await start(cluster)
    for number in range(3):
        flip(cluster, f"web-{number}", "out")
    await until(lambda: endpoints(cluster) == {})
    assert len(cluster.all(SLICES)) == 1
    flip(cluster, "web-0", "in")
    await until(lambda: serving(cluster) == {"web-0"})
    assert len(cluster.all(SLICES)) == 1
    cluster.registry.delete(SERVICES, "web", "default")
    await until(lambda: not cluster.all(SLICES))


async def test_new_pods_are_born_out_of_a_narrowed_service(cluster: FakeCluster) -> None:
    """The pods of now are labelled first, then the selector asks for the label."""
    await start(cluster)
    label = "poolroll.dev/in"
    for number in range(3):
        patched(cluster, PODS, f"web-{number}", {"metadata": {"labels": {label: "web"}}})
    patched(cluster, SERVICES, "web", {"spec": {"selector": {label: "web"}}})
    await quiet(cluster)
    seen: list[set[str]] = []
    cluster.store.listeners.append(lambda event: seen.append(serving(cluster)))
    cluster.registry.delete(PODS, "web-1", "default")
    await until(lambda: serving(cluster) == {"web-0", "web-2"})
    del seen[:]
    await steady(cluster, 3)
    await quiet(cluster)
    assert {"web-0", "web-2"} == set.union(*seen)
    patched(cluster, PODS, "web-1", {"metadata": {"labels": {label: "web"}}})
    await until(lambda: len(serving(cluster)) == 3)


async def test_more_endpoints_than_a_slice_holds() -> None:
    count = LARGEST + 3
    async with FakeCluster(tls=False, manner=Manner(boot=0.0)) as cluster:
        cluster.add(manifests.service())
        pods = [manifests.pod(f"web-{number}") for number in range(count)]
        for pod in pods:
            pod["metadata"]["labels"] = {"app": "web", manifests.ROTATION: "in"}
            pod["spec"] = manifests.template("web", "app:v1")["spec"]
        cluster.add(*pods)
        await until(lambda: len(serving(cluster)) == count, within=60)
        assert sorted(len(one["endpoints"]) for one in cluster.all(SLICES)) == [3, LARGEST]
        flip(cluster, "web-0", "out")
        await until(lambda: len(serving(cluster)) == count - 1)
        await quiet(cluster)
        assert len(ready(cluster)) == count


@pytest.mark.parametrize("hand", ["delete", "edit"])
async def test_slices_changed_by_hand_are_written_again(cluster: FakeCluster, hand: str) -> None:
    await start(cluster)
    [one] = cluster.all(SLICES)
    name = one["metadata"]["name"]
    if hand == "delete":
        cluster.registry.delete(SLICES, name, "default")
    else:
        cluster.change(SLICES, name, lambda found: found.update(endpoints=[]))
    await until(lambda: len(serving(cluster)) == 3)

"""Nodes run the pods that are bound to them, as real ones do, seen through the API alone."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubernetes.any_cluster import Cluster, a_cluster
from tests.support.kubernetes.kinds import PODS
from tests.support.kubernetes.load import Users
from tests.support.kubernetes.manifests import ROTATION, daemonset, deployment, service, statefulset
from tests.support.kubernetes.variants import job, tuned
from tests.support.waiting import until

pytestmark = pytest.mark.cluster
Json = dict[str, Any]


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with a_cluster(tmp_path, nodes=1, pace=0.1, backoff=0.2) as one:
        yield one


async def one_pod(cluster: Cluster, image: str, **options: Any) -> None:
    await cluster.create(tuned(statefulset(replicas=1, image=image), **options), service())


async def container(cluster: Cluster) -> Json:
    found = await cluster.pods()
    statuses = found[0]["status"].get("containerStatuses") if found else None
    empty: Json = {"restartCount": 0, "lastState": {}, "state": {}, "ready": False}
    return statuses[0] if statuses else empty


async def evict(cluster: Cluster, pod: Json) -> None:
    meta = pod["metadata"]
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
        "deleteOptions": {"preconditions": {"uid": meta["uid"]}},
    }
    await cluster.api.create(cluster.path(PODS, meta["name"]) + "/eviction", body)


async def test_a_pod_leaves_by_label_is_evicted_and_comes_back_without_a_failed_request(
    cluster: Cluster,
) -> None:
    """The measured sequence, by hand, with a lag of 300 ms and an app that ends at once."""
    await cluster.create(tuned(statefulset()), service())
    pods = await cluster.ready(3)
    async with cluster.proxy() as proxy:
        await until(lambda: len(proxy.places) == 3, 60, "three endpoints")
        async with Users(proxy.port, rate=60, clients=6) as users:
            began = time.monotonic()
            await until(lambda: users.tally.served > 10)
            flip = {"metadata": {"uid": pods[2]["metadata"]["uid"], "labels": {ROTATION: "out"}}}
            await cluster.api.merge(cluster.path(PODS, "web-2"), flip)
            await until(lambda: len(proxy.places) == 2, 60, "two endpoints")
            await evict(cluster, pods[2])

            async def replaced() -> bool:
                found = await cluster.pods()
                return [p["metadata"]["uid"] for p in found][2:] not in (
                    [],
                    [pods[2]["metadata"]["uid"]],
                )

            await until(replaced, 60, "a new web-2", every=0.05)
            await cluster.ready(3)
            await until(lambda: len(proxy.places) == 3, 60, "three endpoints again")
        assert proxy.fewest(began) == 2
    assert users.tally.failed == 0, users.tally.by_failure
    assert set(users.tally.by_version) == {"v1"}


@pytest.mark.parametrize(
    ("image", "code", "reason"),
    [("web:v2-crash50", 1, "Error"), ("web:v2-oom50", 137, "OOMKilled")],
)
async def test_what_ends_is_started_again_and_its_end_is_told(
    cluster: Cluster, image: str, code: int, reason: str
) -> None:
    await one_pod(cluster, image)

    async def restarted() -> Json | None:
        found = await container(cluster)
        return found if found["restartCount"] >= 2 else None

    found = await until(restarted, 60, "two restarts")
    assert found is not None
    last = found["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (code, reason)


async def test_unready_under_a_red_probe_and_not_behind_the_service(cluster: Cluster) -> None:
    await one_pod(cluster, "web:v2-unready")

    async def runs() -> bool:
        return "running" in (await container(cluster))["state"]

    await until(runs, 60)
    assert not (await container(cluster))["ready"]
    async with cluster.proxy() as proxy:
        await until(lambda: proxy.history, 60, "a slice")
        assert proxy.places == []


async def test_a_pod_that_ignores_its_end_is_killed_when_its_grace_is_over(
    cluster: Cluster,
) -> None:
    """With a request in flight a graceful app stays; a pre-stop hook comes out of the grace."""
    await one_pod(cluster, "web:v1-graceful", grace=2, pre_stop=1)
    (pod,) = await cluster.ready(1)
    async with cluster.proxy(lag=0.0) as proxy:
        await until(lambda: proxy.places, 60, "an endpoint")
        async with Users(proxy.port, rate=10, clients=1, path="/slow?ms=60000") as users:
            own = cluster.nodes.pods[pod["metadata"]["uid"]]
            await until(lambda: proxy.busy, what="a request in flight")
            began = time.monotonic()
            await cluster.api.delete(cluster.path(PODS, "web-0"))
            await until(lambda: own not in cluster.nodes.pods.values(), 60, "its end")
            took = time.monotonic() - began
            await until(lambda: users.tally.failed, what="the request cut")
    assert took >= 1.9


async def test_a_rebooted_node_has_the_same_pods_at_new_addresses(cluster: Cluster) -> None:
    await one_pod(cluster, "web:v1")
    (before,) = await cluster.ready(1)
    name = cluster.nodes.names[0]
    was = (await cluster.api.get(f"/api/v1/nodes/{name}"))["status"]["nodeInfo"]["bootID"]
    await cluster.nodes.reboot(name, takes=0.1, kubelet="v1.36.3")
    node = await cluster.api.get(f"/api/v1/nodes/{name}")
    assert node["status"]["nodeInfo"]["bootID"] != was
    assert node["status"]["nodeInfo"]["kubeletVersion"] == "v1.36.3"

    async def again() -> bool:
        (now,) = await cluster.pods()
        return bool(
            now["metadata"]["uid"] == before["metadata"]["uid"]
            and now["status"]["containerStatuses"][0]["restartCount"] == 1
            and now["status"]["podIPs"] == [{"ip": now["status"]["podIP"]}]
            and now["status"]["podIP"] != before["status"]["podIP"]
        )

    await until(again, 60, "the same pod again")
    await cluster.ready(1)


@pytest.mark.parametrize(("code", "phase"), [("0", "Succeeded"), ("3", "Failed")])
async def test_a_job_ends_and_says_how(cluster: Cluster, code: str, phase: str) -> None:
    env = {"APP_EXIT_CODE": code}
    await cluster.create(job("up", "job:v1-exit20", node=cluster.nodes.names[0], env=env))

    async def ended() -> bool:
        found = await cluster.pods("app=up")
        return bool(found) and found[0]["status"].get("phase") == phase

    await until(ended, 60, f"a pod that has {phase}")


async def test_pods_of_a_deployment_as_processes_of_their_own(tmp_path: Path) -> None:
    async with a_cluster(tmp_path, nodes=1, pace=0.1, real_processes=True) as cluster:
        await cluster.create(tuned(deployment(replicas=1, image="web:v1")), service())
        await cluster.ready(1)
        async with cluster.proxy() as proxy:
            await until(lambda: proxy.places, 60, "an endpoint")
            async with Users(proxy.port, rate=50, clients=2) as users:
                await until(lambda: users.tally.served > 5)
        assert users.tally.failed == 0
        assert users.answers.first("v1") is not None


async def test_a_daemonset_pod_outlives_the_reboot_of_its_node(tmp_path: Path) -> None:
    """The same pod, started once more: its Node's taints keep new pods away alone."""
    async with a_cluster(tmp_path, nodes=1, pace=0.1) as cluster:
        await cluster.create(tuned(daemonset()))
        (before,) = await cluster.ready(1)
        await cluster.nodes.reboot(cluster.nodes.names[0], takes=0.3)

        async def again() -> bool:
            (now,) = await cluster.ready(1)
            return bool(now["status"]["containerStatuses"][0]["restartCount"] == 1)

        await until(again, 60, "its restart", every=0.05)
        (now,) = await cluster.ready(1)
        assert now["metadata"]["uid"] == before["metadata"]["uid"]

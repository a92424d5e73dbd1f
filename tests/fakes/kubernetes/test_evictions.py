"""Evictions and budgets: whom they count, what uses them up, and the words of refusals."""

from typing import Any

import httpx
import pytest

from tests.fakes.kubernetes.seen import flip, quiet, ready, serving, steady, uid
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import BUDGETS, EVENTS, NAMESPACES, PODS, Json
from tests.support.kubernetes.objects import is_terminating
from tests.support.waiting import until


async def evict(
    client: httpx.AsyncClient, pod: str, *, uid: str = "", dry: bool = False
) -> httpx.Response:
    options: Json = {}
    if uid:
        options["preconditions"] = {"uid": uid}
    if dry:
        options["dryRun"] = ["All"]
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": "default"},
        "deleteOptions": options,
    }
    return await client.post(f"/api/v1/namespaces/default/pods/{pod}/eviction", json=body)


def allowed(cluster: FakeCluster) -> int:
    status: Json = cluster.get(BUDGETS, "web").get("status") or {}
    return int(status.get("disruptionsAllowed", -1))


async def start(cluster: FakeCluster, **budget: Any) -> None:
    cluster.add(manifests.service(), manifests.statefulset())
    await steady(cluster, 3)
    if budget:
        cluster.add(manifests.budget(**budget))
        await until(lambda: "status" in cluster.get(BUDGETS, "web"))
        await quiet(cluster)


async def test_pinned_to_a_uid(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    await start(cluster)
    assert (await evict(client, "web-2", uid="another")).status_code == 409
    assert (await evict(client, "web-2", uid=uid(cluster, "web-2"), dry=True)).status_code == 201
    assert not is_terminating(cluster.get(PODS, "web-2"))
    assert cluster.faults.writes() == []
    assert (await evict(client, "web-2", uid=uid(cluster, "web-2"))).status_code == 201
    assert is_terminating(cluster.get(PODS, "web-2"))
    assert (await evict(client, "web-2")).status_code == 201  # again
    assert (await evict(client, "web-9")).status_code == 404


async def test_a_budget_used_up_is_named_without_a_time_to_wait(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    await start(cluster, minAvailable=3)
    refused = await evict(client, "web-2")
    assert (refused.status_code, refused.json()["reason"]) == (429, "TooManyRequests")
    assert "retry-after" not in refused.headers
    assert refused.json()["details"]["causes"] == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget web needs 3 healthy pods and has 3 currently",
        }
    ]
    wrong = await evict(client, "web-2", uid="another")
    assert wrong.status_code == 429  # the budget is asked before the UID


async def test_a_budget_is_free_again_when_the_other_pod_is_ready(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    await start(cluster, maxUnavailable=1)
    assert (await evict(client, "web-2")).status_code == 201
    assert (await evict(client, "web-1")).status_code == 429
    await until(lambda: allowed(cluster) == 1)
    assert len(ready(cluster)) == 3
    assert (await evict(client, "web-1")).status_code == 201


async def test_a_wrong_uid_uses_the_budget_up_for_two_minutes(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    await start(cluster, maxUnavailable=1)
    assert (await evict(client, "web-2", uid="another", dry=True)).status_code == 409
    assert (await evict(client, "web-2", uid=uid(cluster, "web-2"), dry=True)).status_code == 201
    assert (await evict(client, "web-2", uid="another")).status_code == 409
    assert "web-2" in cluster.get(BUDGETS, "web")["status"]["disruptedPods"]
    await quiet(cluster)
    assert (await evict(client, "web-1")).status_code == 429
    cluster.time.advance(119)
    await quiet(cluster)
    assert allowed(cluster) == 0
    cluster.time.advance(2)
    await until(lambda: allowed(cluster) == 1)


async def test_a_budget_that_was_not_seen_yet(
    client: httpx.AsyncClient, cluster: FakeCluster
) -> None:
    await start(cluster)
    cluster.halt()
    cluster.add(manifests.budget(maxUnavailable=1))
    refused = await evict(client, "web-2")
    assert refused.status_code == 429
    assert (refused.headers["retry-after"], refused.json()["details"]["retryAfterSeconds"]) == (
        "10",
        10,
    )
    assert "is still being processed by the server" in refused.text


async def test_two_budgets_on_a_pod(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    await start(cluster, maxUnavailable=1)
    second = manifests.budget(maxUnavailable=1)
    second["metadata"]["name"] = "other"
    cluster.add(second)
    refused = await evict(client, "web-2")
    assert refused.status_code == 500
    assert "reason" not in refused.json()
    assert "more than one PodDisruptionBudget" in refused.json()["message"]


async def test_a_pod_out_by_its_label_counts_as_healthy(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    """Two serve, and somebody else's eviction of a second pod is granted."""
    await start(cluster, maxUnavailable=1)
    flip(cluster, "web-2", "out")
    await until(lambda: serving(cluster) == {"web-0", "web-1"})
    assert allowed(cluster) == 1
    assert (await evict(client, "web-1")).status_code == 201


@pytest.mark.parametrize(
    ("spec", "status"),
    [
        ({"maxUnavailable": 1}, 201),
        ({"minAvailable": 3}, 429),
        ({"minAvailable": 3, "unhealthyPodEvictionPolicy": "AlwaysAllow"}, 201),
    ],
)
async def test_unready_pods(
    cluster: FakeCluster, client: httpx.AsyncClient, spec: Json, status: int
) -> None:
    await start(cluster, **spec)
    assert cluster.kubelet is not None
    cluster.kubelet.make_unready("web-2")
    await until(lambda: cluster.get(BUDGETS, "web")["status"]["currentHealthy"] == 2)
    assert (await evict(client, "web-2")).status_code == status


@pytest.mark.parametrize(
    ("spec", "status"),
    [({"maxUnavailable": 1}, 429), ({"minAvailable": "50%"}, 429), ({"minAvailable": 2}, 201)],
)
async def test_budgets_that_never_allow_anything_for_a_daemonset(
    cluster: FakeCluster, client: httpx.AsyncClient, spec: Json, status: int
) -> None:
    cluster.add(manifests.daemonset(), manifests.budget(**spec))
    await steady(cluster, 3)
    await quiet(cluster)
    pod = sorted(ready(cluster))[0]
    assert (await evict(client, pod)).status_code == status
    found = cluster.get(BUDGETS, "web")["status"]["conditions"][0]
    if status == 429:
        assert found["reason"] == "SyncFailed"
        [event] = cluster.all(EVENTS)
        assert "daemonsets.apps does not implement the scale subresource" in event["message"]


async def test_a_pre_stop_hook_delays_the_end(cluster: FakeCluster) -> None:
    made = manifests.statefulset(replicas=1)
    hook = {"preStop": {"sleep": {"seconds": 3}}}
    made["spec"]["template"]["spec"]["containers"][0]["lifecycle"] = hook
    cluster.add(made)
    await steady(cluster, 1)
    first = uid(cluster, "web-0")
    cluster.registry.delete(PODS, "web-0", "default")
    await quiet(cluster)
    assert is_terminating(cluster.get(PODS, "web-0"))
    cluster.time.advance(2.5)
    await quiet(cluster)
    assert uid(cluster, "web-0") == first
    cluster.time.advance(0.6)
    await until(lambda: cluster.store.find(first) is None)


async def test_a_namespace_that_ends(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    await start(cluster)
    assert cluster.kubelet is not None
    cluster.kubelet.manner.ends = 20.0
    assert (await client.delete("/api/v1/namespaces/default")).status_code == 200
    refused = await client.post(
        "/api/v1/namespaces/default/configmaps", json=manifests.configmap("late")
    )
    assert refused.status_code == 403
    assert "because it is being terminated" in refused.json()["message"]
    assert (await evict(client, "web-2")).status_code == 403
    await quiet(cluster)
    cluster.time.advance(30)
    await until(lambda: cluster.find(NAMESPACES, "default") is None)
    assert cluster.all(PODS) == []

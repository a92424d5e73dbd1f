"""Nodes: cordon, silence, return; Jobs on them; and what has no owner."""

from typing import Any

import pytest

from tests.fakes.kubernetes.seen import patched, quiet, ready, serving, steady
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.controllers.nodes import Nodes
from tests.support.kubernetes.kinds import (
    JOBS,
    LEASES,
    NODES,
    PODS,
    REVISIONS,
    STATEFULSETS,
    Json,
)
from tests.support.kubernetes.objects import (
    condition,
    is_true,
    micro_stamp,
    name_of,
    uid_of,
)
from tests.support.waiting import until


def taints(cluster: FakeCluster, node: str = "node-1") -> set[tuple[str, str]]:
    found = cluster.get(NODES, node)["spec"].get("taints") or ()
    return {(one["key"].removeprefix("node.kubernetes.io/"), one["effect"]) for one in found}


def on(cluster: FakeCluster, node: str = "node-1") -> str:
    [pod] = [one for one in cluster.all(PODS) if one["spec"].get("nodeName") == node]
    return name_of(pod)


def beat(cluster: FakeCluster) -> None:
    """A heartbeat of node-1."""
    now = micro_stamp(cluster.time.now())
    if cluster.find(LEASES, "node-1", "kube-node-lease") is None:
        meta = {"name": "node-1", "namespace": "kube-node-lease"}
        api = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
        cluster.add({**api, "metadata": meta, "spec": {"renewTime": now}})
    else:
        cluster.change(
            LEASES, "node-1", lambda one: one["spec"].update(renewTime=now), "kube-node-lease"
        )


def tell_ready(cluster: FakeCluster, value: str) -> None:
    def change(node: Json) -> None:
        node["status"]["conditions"][0]["status"] = value

    cluster.change(NODES, "node-1", change, manager="kubelet", subresource="status")


async def start(cluster: FakeCluster) -> None:
    cluster.add(manifests.service(), manifests.statefulset())
    await steady(cluster, 3)
    await until(lambda: len(serving(cluster)) == 3)


async def test_a_cordon_is_a_taint_and_keeps_the_endpoints(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, NODES, "node-1", {"spec": {"unschedulable": True}})
    await until(lambda: taints(cluster) == {("unschedulable", "NoSchedule")})
    await quiet(cluster)
    assert len(serving(cluster)) == 3
    gone = on(cluster)
    cluster.registry.delete(PODS, gone, "default")
    await steady(cluster, 3)
    assert cluster.get(PODS, gone)["spec"]["nodeName"] != "node-1"
    patched(cluster, NODES, "node-1", {"spec": {"unschedulable": None}})
    await until(lambda: not taints(cluster))


async def test_only_the_controllers_own_unknown_takes_pods_out(cluster: FakeCluster) -> None:
    await start(cluster)
    tell_ready(cluster, "False")
    await until(lambda: ("not-ready", "NoExecute") in taints(cluster))
    await quiet(cluster)
    assert len(serving(cluster)) == 3
    tell_ready(cluster, "True")
    await until(lambda: not taints(cluster))
    assert cluster.kubelet is not None
    cluster.kubelet.silence("node-1")
    beat(cluster)
    await quiet(cluster)
    cluster.time.advance(cluster.controller(Nodes).grace - 1)
    await quiet(cluster)
    assert len(serving(cluster)) == 3  # dead for so long, and ready throughout
    cluster.time.advance(2)
    await until(lambda: len(serving(cluster)) == 2)
    found = condition(cluster.get(NODES, "node-1"), "Ready")
    assert found is not None
    assert found["status"] == "Unknown"
    assert ("unreachable", "NoExecute") in taints(cluster)
    cluster.kubelet.revive("node-1")
    tell_ready(cluster, "True")
    await until(lambda: not taints(cluster) and len(serving(cluster)) == 3)


async def test_pods_leave_a_node_that_stays_away(cluster: FakeCluster) -> None:
    await start(cluster)
    pod = on(cluster)
    first = uid_of(cluster.get(PODS, pod))
    tell_ready(cluster, "False")
    await until(lambda: ("not-ready", "NoExecute") in taints(cluster))
    cluster.time.advance(299)
    await quiet(cluster)
    assert pod in ready(cluster)
    cluster.time.advance(2)
    await until(lambda: cluster.store.find(first) is None)
    await steady(cluster, 3)
    assert cluster.get(PODS, pod)["spec"]["nodeName"] != "node-1"


async def test_what_has_no_owner_left_goes(cluster: FakeCluster) -> None:
    await start(cluster)
    cluster.registry.delete(STATEFULSETS, "web", "default")
    await until(lambda: not cluster.all(PODS) and not cluster.all(REVISIONS))


async def test_orphans_stay(cluster: FakeCluster) -> None:
    await start(cluster)
    options = {"propagationPolicy": "Orphan"}
    cluster.registry.delete(STATEFULSETS, "web", "default", options)
    await until(lambda: cluster.find(STATEFULSETS, "web") is None)
    await quiet(cluster)
    assert len(ready(cluster)) == 3
    assert not any(one["metadata"].get("ownerReferences") for one in cluster.all(PODS))


# Jobs


def job(**spec: Any) -> Json:
    container = {"name": "upgrade", "image": "upgrade:v1"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    meta = {"name": "upgrade", "namespace": "default"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta,
        "spec": {"template": template, **spec},
    }


def lasting(cluster: FakeCluster, seconds: float, code: int = 0) -> None:
    assert cluster.kubelet is not None
    cluster.kubelet.manner.runs = lambda pod: (seconds, code)


async def test_a_job_completes(cluster: FakeCluster) -> None:
    lasting(cluster, 0.03)
    cluster.add(job())
    await until(lambda: is_true(cluster.get(JOBS, "upgrade"), "Complete"))
    assert cluster.get(JOBS, "upgrade")["status"]["succeeded"] == 1
    assert len(cluster.all(PODS)) == 1


async def test_a_job_fails_after_its_retries(cluster: FakeCluster) -> None:
    lasting(cluster, 0.03, 1)
    cluster.add(job(backoffLimit=1))
    await until(lambda: is_true(cluster.get(JOBS, "upgrade"), "Failed"))
    assert len(cluster.all(PODS)) == 2


async def test_a_deadline_deletes_the_pod(cluster: FakeCluster) -> None:
    lasting(cluster, 1000)
    cluster.add(job(activeDeadlineSeconds=60))
    await until(lambda: cluster.all(PODS) and cluster.all(PODS)[0]["status"].get("podIP"))
    await quiet(cluster)
    cluster.time.advance(61)
    await until(lambda: is_true(cluster.get(JOBS, "upgrade"), "Failed"))
    await until(lambda: not cluster.all(PODS))


async def test_an_evicted_pod_counts_as_failed(cluster: FakeCluster) -> None:
    lasting(cluster, 1000)
    cluster.add(job(backoffLimit=0))
    await until(lambda: cluster.all(PODS) and cluster.all(PODS)[0]["status"].get("podIP"))
    cluster.registry.delete(PODS, name_of(cluster.all(PODS)[0]), "default")
    await until(lambda: is_true(cluster.get(JOBS, "upgrade"), "Failed"))


@pytest.mark.parametrize(("policy", "most"), [("Failed", 1), ("TerminatingOrFailed", 2)])
async def test_a_second_pod_waits_for_the_end_of_the_first(
    cluster: FakeCluster, policy: str, most: int
) -> None:
    lasting(cluster, 1000)
    assert cluster.kubelet is not None
    cluster.kubelet.manner.ends = 20.0
    cluster.add(job(backoffLimit=3, podReplacementPolicy=policy))
    await until(lambda: cluster.all(PODS) and cluster.all(PODS)[0]["status"].get("podIP"))
    cluster.registry.delete(PODS, name_of(cluster.all(PODS)[0]), "default")
    await quiet(cluster)
    assert len(cluster.all(PODS)) == most


async def test_a_suspended_job_ends_its_pods(cluster: FakeCluster) -> None:
    lasting(cluster, 1000)
    cluster.add(job(backoffLimit=0))
    await until(lambda: cluster.all(PODS) and cluster.all(PODS)[0]["status"].get("podIP"))
    patched(cluster, JOBS, "upgrade", {"spec": {"suspend": True}})
    await until(lambda: not cluster.all(PODS))
    patched(cluster, JOBS, "upgrade", {"spec": {"suspend": False}})
    await until(lambda: cluster.all(PODS))
    assert not is_true(cluster.get(JOBS, "upgrade"), "Failed")

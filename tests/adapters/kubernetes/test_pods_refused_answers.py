"""Answers that are no success, and what must not follow from them."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.kubernetes.pod import is_ready
from adapters.kubernetes.pods.rotation.selector import KEY
from controller.core.outcome import Outcome
from controller.errors import BalancerError, CommandRefused
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import Rollout, ended, phases
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, pool_on, ready
from tests.support.kubernetes import manifests
from tests.support.kubernetes.answers import StatusError, conflict
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.faults import writes
from tests.support.kubernetes.kinds import DEPLOYMENTS, PODS, SERVICES, STATEFULSETS, Json
from tests.support.kubernetes.requests import Call
from tests.support.waiting import until


def _evicts(call: Call) -> bool:
    return call.path.endswith("/eviction")


def _pod_of(call: Call) -> str:
    return call.path.split("/")[-2]


async def test_no_eviction_no_new_revision(tmp_path: Path) -> None:
    """An eviction that was refused since another pod has that name: the partition stays where it
    is, since its controller would delete that other pod by itself, undrained and past all
    budgets."""
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        rollout = Rollout(cluster, tmp_path)
        early: list[tuple[str, int]] = []

        def look(call: Call) -> None:
            partition = cluster.get(STATEFULSETS, "web")["spec"]["updateStrategy"]["rollingUpdate"]
            early.append((_pod_of(call), partition["partition"]))

        cluster.faults.add(lambda call: _evicts(call) and call.is_dry, look, times=99)
        cluster.faults.refuse(_evicts, conflict(PODS, "web-1", "the UID in the precondition"))
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        evicted = [call for call in cluster.faults.log if _evicts(call) and writes(call)]
        # A controller that is quicker than the partition brings one of the former revision: again.
        assert [*dict.fromkeys(map(_pod_of, evicted))] == ["web-1", "web-0"]
        assert early[:2] == [("web-1", manifests.HUGE)] * 2
        assert next(at for name, at in early if name == "web-0") == 1
        assert set(images(cluster).values()) == {"app:v2"}


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR])
async def test_unproven_pod_stays_out_at_the_end(rotation: Rotation, tmp_path: Path) -> None:
    """A pod that went by itself comes back at the new revision, which nothing has proven: putting
    the pool back does not let it in. One at the revision that users know is let in."""
    workload = manifests.statefulset(updateStrategy={"type": "OnDelete"})
    pool = replace(POOL, rotation=rotation)
    async with pods_of(workload, count=3) as cluster, pool_on(cluster, tmp_path, pool) as balancer:
        kept = await balancer.open()
        cluster.registry.delete(PODS, "web-1", "default", {"gracePeriodSeconds": 0})
        await until(lambda: images(cluster).get("web-1") == "app:v2")
        await until(lambda: is_ready(cluster.get(PODS, "web-1")))
        with pytest.raises(CommandRefused, match="web-1"):
            await balancer.close(kept)
        assert ready(cluster) == ["web-0", "web-2"]
        assert (rotation is Rotation.LABEL) == (KEY not in selector(cluster))


async def test_nothing_stays_where_there_is_no_room(tmp_path: Path) -> None:
    """No pod to spare can be made: the selector of the Service is put back like all else."""
    pool = replace(POOL, rotation=Rotation.SELECTOR)
    async with (
        pods_of(manifests.deployment(replicas=2), count=2) as cluster,
        pool_on(cluster, tmp_path, pool) as balancer,
    ):
        before = cluster.get(SERVICES, "web")["spec"]
        cluster.faults.refuse(
            lambda call: writes(call) and call.path.endswith("/deployments/web"),
            StatusError(403, "Forbidden", "deployments.apps is frozen"),
        )
        with pytest.raises(BalancerError, match="frozen"):
            await balancer.open()
        assert cluster.get(SERVICES, "web")["spec"] == before
        assert len(ready(cluster)) == 2


def selector(cluster: FakeCluster) -> dict[str, str]:
    found: dict[str, str] = cluster.get(SERVICES, "web")["spec"]["selector"]
    return found


def _denied(call: Call) -> bool:
    return writes(call) and "/pods/" in call.path and call.manager == "poolroll"


DENIED = StatusError(422, "Invalid", 'Pod "web-1" is invalid: policy "labels" denied request')


async def test_pods_that_take_no_label(tmp_path: Path) -> None:
    """A policy refuses with the same code as the API does where a UID is another: the Service is
    not narrowed to what nobody has, which would leave it empty."""
    pool = replace(POOL, rotation=Rotation.SELECTOR)
    workload = manifests.statefulset(replicas=2)
    async with pods_of(workload, count=2) as cluster, pool_on(cluster, tmp_path, pool) as balancer:
        cluster.faults.refuse(_denied, DENIED, times=99)
        with pytest.raises(CommandRefused, match="denied request"):
            await balancer.open()
        assert KEY not in selector(cluster)
        assert len(ready(cluster)) == 2


async def test_a_pod_that_cannot_be_taken_out(tmp_path: Path) -> None:
    """Who refuses is said, and nobody else is blamed."""
    workload = manifests.statefulset(replicas=2)
    async with pods_of(workload, count=2) as cluster, pool_on(cluster, tmp_path) as balancer:
        cluster.faults.refuse(_denied, DENIED, times=99)
        with pytest.raises(CommandRefused, match="denied request"):
            await balancer.drain("web-1")


async def test_a_pause_by_others_is_theirs(tmp_path: Path) -> None:
    """`kubectl rollout pause` in the middle of a rollout: noticed, and not undone."""

    def pause(found: Json) -> None:
        found["spec"]["paused"] = True

    async with (
        pods_of(manifests.deployment(replicas=2), count=2) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        before = cluster.get(DEPLOYMENTS, "web")["spec"]
        kept = await balancer.open()
        view = await balancer.look(balancer.instances[0], None)
        assert view.rival == ""
        cluster.change(DEPLOYMENTS, "web", pause, manager="kubectl-rollout")
        view = await balancer.look(balancer.instances[0], None)
        assert "spec.paused of deployment/web was changed by kubectl-rollout" in view.rival
        await balancer.close(kept)
        assert cluster.get(DEPLOYMENTS, "web")["spec"] == {**before, "paused": True}


async def test_held_again_after_a_rival(tmp_path: Path) -> None:
    """A field of ours was changed while nobody ran, and the template was not: the next rollout
    holds it again, and puts back what the rival had set."""

    def change(found: Json) -> None:
        found["spec"]["minReadySeconds"] = 5

    async with (
        pods_of(manifests.deployment(replicas=2), count=2) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        await balancer.open()
        cluster.change(DEPLOYMENTS, "web", change, manager="kubectl-edit")
        kept = await balancer.open()
        view = await balancer.look(balancer.instances[0], None)
        assert view.rival == ""
        assert cluster.get(DEPLOYMENTS, "web")["spec"]["minReadySeconds"] > 5
        await balancer.close(kept)
        assert cluster.get(DEPLOYMENTS, "web")["spec"]["minReadySeconds"] == 5


async def test_a_workload_that_is_deleted_is_no_crash(tmp_path: Path) -> None:
    """Who listens for changes waits; a look says what is wrong."""
    workload = manifests.statefulset(replicas=1)
    async with pods_of(workload, count=1) as cluster, pool_on(cluster, tmp_path) as balancer:
        instance = balancer.instances[0]
        await balancer.look(instance, None)
        cluster.registry.delete(STATEFULSETS, "web", "default", {})
        await balancer.changed(instance)
        with pytest.raises(BalancerError, match="not found"):
            await balancer.look(instance, None)

"""Deployments: `maxUnavailable` is the partition, `minReadySeconds` holds it; and the traps."""

from typing import Any

import pytest

from tests.fakes.kubernetes.seen import (
    flip,
    image_of,
    images,
    patched,
    quiet,
    ready,
    steady,
    to_image,
)
from tests.support.kubernetes import manifests
from tests.support.kubernetes.answers import StatusError
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.controllers.deployments import Deployments
from tests.support.kubernetes.controllers.replicasets import COST
from tests.support.kubernetes.kinds import DEPLOYMENTS, PODS, REPLICASETS, Json
from tests.support.kubernetes.objects import condition, controller_of, is_true
from tests.support.waiting import until

HOLD = 2_592_000


async def start(cluster: FakeCluster, **spec: Any) -> Json:
    cluster.add(manifests.service(), manifests.deployment(**spec))
    await steady(cluster, 3)
    await quiet(cluster)
    return cluster.get(DEPLOYMENTS, "web")


def hold(image: str, unavailable: int = 0, surge: int = 1) -> Json:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    return to_image(
        image,
        minReadySeconds=HOLD,
        progressDeadlineSeconds=HOLD + 1,
        strategy={"type": "RollingUpdate", "rollingUpdate": rolling},
    )


def step(number: int) -> Json:
    return {"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": number}}}}


def counts(cluster: FakeCluster) -> tuple[int, int]:
    """Old and new pods."""
    found = list(images(cluster).values())
    return found.count("app:v1"), found.count("app:v2")


async def reached(cluster: FakeCluster, old: int, new: int) -> None:
    """And it stands there."""
    await until(lambda: counts(cluster) == (old, new), what=f"{old} old and {new} new pods")
    await quiet(cluster)
    assert counts(cluster) == (old, new)


def cheapen(cluster: FakeCluster, pod: str) -> None:
    patched(cluster, PODS, pod, {"metadata": {"annotations": {COST: "-1000"}}})


def old_pods(cluster: FakeCluster) -> list[str]:
    return sorted(ready(cluster, "app:v1"))


async def test_k_old_pods_gone_and_k_plus_1_new_ones_there(cluster: FakeCluster) -> None:
    """The drained pod goes each time, the last step is held too, and nothing is left moved."""
    found = await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    for number, (old, new) in enumerate(((2, 2), (1, 3), (0, 3)), 1):
        victim = old_pods(cluster)[-1]
        cheapen(cluster, victim)
        patched(cluster, DEPLOYMENTS, "web", step(number))
        await reached(cluster, old, new)
        assert victim not in images(cluster)
        assert is_true(cluster.get(DEPLOYMENTS, "web"), "Available")
    restored = to_image("app:v2", minReadySeconds=None, progressDeadlineSeconds=600)
    restored["spec"]["strategy"] = found["spec"]["strategy"]
    patched(cluster, DEPLOYMENTS, "web", restored)
    await reached(cluster, 0, 3)
    after = cluster.get(DEPLOYMENTS, "web")["spec"]
    assert after | {"template": 0} == found["spec"] | {"template": 0}
    await until(lambda: cluster.get(DEPLOYMENTS, "web")["status"].get("availableReplicas") == 3)


async def test_an_unready_old_pod_goes_before_the_drained_one(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    drained, broken, *_ = old_pods(cluster)
    cheapen(cluster, drained)
    assert cluster.kubelet is not None
    cluster.kubelet.make_unready(broken)
    patched(cluster, DEPLOYMENTS, "web", step(1))
    await reached(cluster, 2, 2)
    assert broken not in images(cluster)
    assert drained in images(cluster)


async def test_without_a_pod_to_spare(cluster: FakeCluster) -> None:
    await start(cluster)
    victim = old_pods(cluster)[0]
    cheapen(cluster, victim)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2", 1, 0))
    await reached(cluster, 2, 1)
    assert victim not in images(cluster)
    patched(cluster, DEPLOYMENTS, "web", step(2))
    await reached(cluster, 1, 2)
    patched(cluster, DEPLOYMENTS, "web", step(3))
    await reached(cluster, 0, 3)


async def test_an_autoscaler_adds_in_proportion(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    patched(cluster, DEPLOYMENTS, "web", step(1))
    await reached(cluster, 2, 2)
    patched(cluster, DEPLOYMENTS, "web", {"spec": {"replicas": 6}})
    await reached(cluster, 3, 4)


async def test_a_rollback_moves_nothing_by_itself(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    patched(cluster, DEPLOYMENTS, "web", step(1))
    await reached(cluster, 2, 2)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v1", 1))
    await reached(cluster, 2, 2)
    await until(lambda: not is_true(cluster.get(DEPLOYMENTS, "web"), "Available"))


async def test_a_bad_first_pod_goes_when_template_and_fields_are_back(
    cluster: FakeCluster,
) -> None:
    assert cluster.kubelet is not None
    cluster.kubelet.manner.becomes_ready = lambda pod: image_of(pod) == "app:v1"
    found = await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v1"))
    await reached(cluster, 3, 1)
    restored = to_image("app:v1", minReadySeconds=None, progressDeadlineSeconds=600)
    restored["spec"]["strategy"] = found["spec"]["strategy"]
    patched(cluster, DEPLOYMENTS, "web", restored)
    await reached(cluster, 3, 0)


async def test_a_force_applied_manifest_sets_everything_rolling(cluster: FakeCluster) -> None:
    """And leaves `minReadySeconds`, which it does not have: never available again."""
    cluster.controller(Deployments).is_hasty = True
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", hold("app:v2"))
    await reached(cluster, 3, 1)
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%"}}
    patched(cluster, DEPLOYMENTS, "web", to_image("app:v1", strategy=rolling))
    await reached(cluster, 3, 0)
    assert cluster.get(DEPLOYMENTS, "web")["spec"]["minReadySeconds"] == HOLD
    assert not is_true(cluster.get(DEPLOYMENTS, "web"), "Available")


async def test_a_pause_does_not_hold_scaled_replicasets(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", {"spec": {"paused": True}})
    [found] = cluster.all(REPLICASETS)
    patched(cluster, REPLICASETS, found["metadata"]["name"], {"spec": {"replicas": 2}})
    await until(lambda: cluster.all(REPLICASETS)[0]["spec"]["replicas"] == 3)
    patched(cluster, DEPLOYMENTS, "web", to_image("app:v2"))
    await quiet(cluster)
    assert counts(cluster) == (3, 0)


async def test_it_rolls_by_itself(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", to_image("app:v2"))
    stale = cluster.get(DEPLOYMENTS, "web")
    assert stale["status"]["observedGeneration"] < stale["metadata"]["generation"]
    assert stale["status"]["updatedReplicas"] == 3  # of the former template
    await steady(cluster, 3, "app:v2")
    assert len(cluster.all(REPLICASETS)) == 2


async def test_min_ready_seconds_delays_the_next(cluster: FakeCluster) -> None:
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", to_image("app:v2", minReadySeconds=60))
    await until(lambda: len(ready(cluster, "app:v2")) == 1)
    await quiet(cluster)
    assert counts(cluster) == (3, 1)
    cluster.time.advance(61)
    await until(lambda: counts(cluster)[0] == 2)


async def test_recreate_ends_all_first(cluster: FakeCluster) -> None:
    await start(cluster, strategy={"type": "Recreate"})
    patched(cluster, DEPLOYMENTS, "web", to_image("app:v2"))
    await until(lambda: not ready(cluster))
    await steady(cluster, 3, "app:v2")


async def test_a_rotation_label_in_the_selector_makes_another_pod(cluster: FakeCluster) -> None:
    labels = {"app": "web", manifests.ROTATION: "in"}
    await start(cluster, selector={"matchLabels": labels})
    first = old_pods(cluster)[0]
    flip(cluster, first, "out")
    await until(lambda: len(ready(cluster)) == 4)
    assert controller_of(cluster.get(PODS, first)) is None
    flip(cluster, first, "in")
    await steady(cluster, 3)


@pytest.mark.parametrize(
    ("patch", "text"),
    [
        (hold("app:v2", 0, 0), "may not be 0 when `maxSurge` is 0"),
        ({"spec": {"minReadySeconds": 600}}, "must be greater than minReadySeconds"),
        ({"spec": {"strategy": {"type": "Recreate"}}}, "may not be specified when strategy"),
    ],
)
async def test_values_that_contradict_are_refused(
    cluster: FakeCluster, patch: Json, text: str
) -> None:
    cluster.add(manifests.deployment(replicas=0))
    with pytest.raises(StatusError, match="is invalid") as caught:
        patched(cluster, DEPLOYMENTS, "web", patch)
    assert caught.value.code == 422
    assert text in caught.value.message


async def test_a_deadline_without_end_takes_the_condition_away(cluster: FakeCluster) -> None:
    await start(cluster)
    assert is_true(cluster.get(DEPLOYMENTS, "web"), "Progressing")
    patched(cluster, DEPLOYMENTS, "web", {"spec": {"progressDeadlineSeconds": manifests.HUGE}})
    await until(lambda: not is_true(cluster.get(DEPLOYMENTS, "web"), "Progressing"))


async def test_a_progress_deadline_only_sets_a_condition(cluster: FakeCluster) -> None:
    assert cluster.kubelet is not None
    cluster.kubelet.manner.becomes_ready = lambda pod: image_of(pod) != "app:bad"
    await start(cluster)
    patched(cluster, DEPLOYMENTS, "web", to_image("app:bad", progressDeadlineSeconds=60))
    await until(lambda: "app:bad" in images(cluster).values())
    await quiet(cluster)
    assert is_true(cluster.get(DEPLOYMENTS, "web"), "Progressing")
    cluster.time.advance(62)
    await until(lambda: not is_true(cluster.get(DEPLOYMENTS, "web"), "Progressing"))
    found = condition(cluster.get(DEPLOYMENTS, "web"), "Progressing")
    assert found is not None
    assert found["reason"] == "ProgressDeadlineExceeded"
    await quiet(cluster)
    assert sorted(images(cluster).values()) == ["app:bad", "app:v1", "app:v1", "app:v1"]

"""Whole rollouts over the pods of a Deployment: v1 to v2, as users and the cluster see them."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.core.events import AbortRequested
from controller.core.outcome import Outcome
from controller.core.settings import OnFailure
from controller.pools.kubernetes import Rotation
from controller.records import Verb
from tests.adapters.kubernetes.pods_rollout import (
    POLICIES,
    ROLLOUT,
    Rollout,
    ended,
    phases,
    spec_of,
)
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, ready
from tests.support.kubernetes import manifests
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import DEPLOYMENTS, PODS, SERVICES, Json
from tests.support.waiting import until

LONG = 200


@pytest.mark.parametrize(("rotation", "count"), [(Rotation.LABEL, 5), (Rotation.SELECTOR, 3)])
async def test_deployment(rotation: Rotation, count: int, tmp_path: Path) -> None:
    """Never fewer serve than before; nobody met a pod unproven; all that was moved is back."""
    async with pods_of(manifests.deployment(replicas=count), count=count) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        service = cluster.get(SERVICES, "web")["spec"]
        rollout = Rollout(cluster, tmp_path, replace(POOL, rotation=rotation))
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert list(images(cluster).values()) == ["app:v2"] * count
        assert rollout.witness.fewest == count
        assert rollout.witness.unproven == []
        after = cluster.get(DEPLOYMENTS, "web")
        assert spec_of(after) == spec_of(before)
        assert "poolroll" not in str(after["metadata"].get("annotations"))
        assert cluster.get(SERVICES, "web")["spec"] == service
        assert all("poolroll.dev/in" not in pod["metadata"]["labels"] for pod in cluster.all(PODS))
        assert rollout.writes() <= 8 * count
        assert set(phases(state).values()) == {"done"}


async def test_no_pod_to_spare(tmp_path: Path) -> None:
    """With maxSurge 0 none is added: the pause holds the first step, and one is missing at a
    time."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    async with pods_of(manifests.deployment(strategy=strategy), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        rollout = Rollout(cluster, tmp_path)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert list(images(cluster).values()) == ["app:v2"] * 3
        assert rollout.witness.fewest == 2
        assert rollout.witness.unproven == []
        assert spec_of(cluster.get(DEPLOYMENTS, "web")) == spec_of(before)
        assert set(phases(state).values()) == {"done"}
        assert len(phases(state)) == 3


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR])
async def test_bad_first_pod_alone(rotation: Rotation, tmp_path: Path) -> None:
    """Nobody met it; the abort puts the template and the fields back, and it goes."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        old, service = images(cluster), cluster.get(SERVICES, "web")["spec"]
        pool = replace(POOL, rotation=rotation)
        rollout = Rollout(cluster, tmp_path, pool, bad=frozenset({"app:v2"}))
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert "app:v2 answers 500" in ended(state).why
        again = await rollout.run(AbortRequested("me", restore=False), is_new=False)
        assert ended(again).outcome is Outcome.ABORTED
        assert "not put back" not in ended(again).why
        assert not any(m.is_away for m in again.members.values())  # what came first has gone
        await until(lambda: images(cluster) == old, what="the first new pod to be gone")
        assert rollout.witness.unproven == []
        assert cluster.get(SERVICES, "web")["spec"] == service
        assert cluster.get(DEPLOYMENTS, "web")["spec"] == before["spec"]
        assert rollout.witness.fewest >= 3


class FailsAfter:
    """Validations pass for so many pods of the version, and fail from then on."""

    def __init__(self, image: str, count: int) -> None:
        self.image, self.count = image, count

    def __contains__(self, image: object) -> bool:
        if image != self.image:
            return False
        self.count -= 1
        return self.count < 0


async def test_bad_version_goes_back_everywhere(tmp_path: Path) -> None:
    """From the middle: one by one, and always enough are there."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        bad: Any = FailsAfter("app:v2", 1)
        rollout = Rollout(cluster, tmp_path, policies=policies, bad=bad)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED, (ended(state), rollout.told)
        assert "app:v2 answers 500" in ended(state).why
        assert list(images(cluster).values()) == ["app:v1"] * 3, (rollout.told, phases(state))
        assert rollout.witness.fewest >= 3
        assert rollout.witness.unproven == []
        assert cluster.get(DEPLOYMENTS, "web")["spec"]["template"] == before["spec"]["template"]
        again = await rollout.run(AbortRequested("me", restore=False), is_new=False)
        assert "not put back" not in ended(again).why
        assert cluster.get(DEPLOYMENTS, "web")["spec"] == before["spec"]


async def test_scaled_up_meanwhile(tmp_path: Path) -> None:
    """What an autoscaler makes is kept out until it has proven itself, or has nothing to prove."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        manner = cluster.kubelet.manner if cluster.kubelet else Manner()

        def scale(count: int) -> None:
            def change(found: Json) -> None:
                found["spec"]["replicas"] = count

            cluster.change(DEPLOYMENTS, "web", change, manager="autoscaler")

        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: "takes" in rollout.told or running.done(), LONG)
        manner.boot = 0.5  # longer than a flip takes on a busy machine
        scale(6)
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        await until(lambda: list(images(cluster).values()) == ["app:v2"] * 6, LONG)
        assert rollout.witness.unproven == []
        assert rollout.witness.fewest >= 3
        after = spec_of(cluster.get(DEPLOYMENTS, "web"))
        assert {**after, "replicas": 3} == spec_of(before)


async def test_scaled_up_and_down_meanwhile(tmp_path: Path) -> None:
    """What an autoscaler takes away again is not missed, whatever it was in the middle of."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        rollout = Rollout(cluster, tmp_path, slow=0.1)

        def scale(count: int) -> None:
            def change(found: Json) -> None:
                found["spec"]["replicas"] = count

            cluster.change(DEPLOYMENTS, "web", change, manager="autoscaler")

        running = asyncio.create_task(rollout.run())
        await until(lambda: "takes" in rollout.told or running.done(), LONG)
        scale(6)
        validated = rollout.validating
        await until(lambda: rollout.validating > validated + 1 or running.done(), LONG)
        scale(3)
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        await until(lambda: list(images(cluster).values()) == ["app:v2"] * 3, LONG)
        assert rollout.witness.fewest >= 2
        assert spec_of(cluster.get(DEPLOYMENTS, "web")) == spec_of(before)


async def test_rival_that_applies_all_of_its_manifest(tmp_path: Path) -> None:
    """Template and strategy are its own again; what is still ours goes back, above all the
    `minReadySeconds` under which no pod would ever be available."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")

        def change(found: Json) -> None:
            for field in ("template", "strategy"):
                found["spec"][field] = before["spec"][field]

        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: "takes" in rollout.told or running.done(), LONG)
        cluster.change(DEPLOYMENTS, "web", change, manager="argocd-controller")
        state = await running
        assert ended(state).outcome is Outcome.HALTED
        assert "was changed by argocd-controller" in ended(state).why + rollout.told
        after = cluster.get(DEPLOYMENTS, "web")
        assert after["spec"] == before["spec"]
        assert "poolroll" not in str(after["metadata"].get("annotations"))
        assert rollout.witness.unproven == []


async def test_old_pod_that_is_not_ready_goes_first(tmp_path: Path) -> None:
    """Its controller would take it instead of the one that was taken out."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: "takes" in rollout.told or running.done(), LONG)
        last = max(name for name, image in images(cluster).items() if image == "app:v1")
        assert cluster.kubelet is not None
        cluster.kubelet.make_unready(last)
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert list(images(cluster).values()) == ["app:v2"] * 3
        assert rollout.witness.unproven == []
        assert rollout.witness.fewest >= 2


async def test_aborted_in_the_middle(tmp_path: Path) -> None:
    """Pods of both versions are there: what holds them stays, and the operator is told; the next
    rollout goes on, and puts back what was found first."""
    async with pods_of(manifests.deployment(), count=3) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: "takes" in rollout.told or running.done(), LONG)
        await rollout.requests.ask(ROLLOUT, Verb.ABORT, "enough", "me")
        state = await running
        assert ended(state).outcome is Outcome.ABORTED
        assert "stays as poolroll set it" in ended(state).why
        assert len(set(images(cluster).values())) == 2
        assert len(ready(cluster)) >= 3
        other = Rollout(cluster, tmp_path)
        assert ended(await other.run()).outcome is Outcome.DONE, other.told
        assert set(images(cluster).values()) == {"app:v2"}
        assert spec_of(cluster.get(DEPLOYMENTS, "web")) == spec_of(before)
        assert rollout.witness.fewest >= 3

"""Whole rollouts over the pods of a StatefulSet: v1 to v2, as users and the cluster see them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from controller.core.events import AbortRequested, PoolOpened
from controller.core.outcome import Outcome
from controller.core.plan.plan import Purpose
from controller.core.settings import Amount, OnFailure, Selection
from controller.errors import CommandRefused
from controller.pools.kubernetes import Rotation
from controller.records import Verb
from controller.runner.loop import Runner
from tests.adapters.kubernetes.pods_rollout import (
    POLICIES,
    ROLLOUT,
    Rollout,
    ended,
    phases,
    spec_of,
)
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, pool_on, ready
from tests.support.kubernetes import manifests
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import PODS, SERVICES, STATEFULSETS, Json
from tests.support.waiting import until

ON_DELETE: Json = {"updateStrategy": {"type": "OnDelete"}}
HELD_BACK: Json = {
    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2147483647}}
}


@pytest.mark.parametrize(
    ("rotation", "strategy"),
    [(Rotation.LABEL, {}), (Rotation.SELECTOR, {}), (Rotation.LABEL, ON_DELETE)],
    ids=["label", "selector", "label, OnDelete"],
)
async def test_statefulset(rotation: Rotation, strategy: Json, tmp_path: Path) -> None:
    """Every pod is at v2, one at a time; nobody met it unproven; all that was moved is back."""
    async with pods_of(manifests.statefulset(**strategy), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        service = cluster.get(SERVICES, "web")["spec"]
        rollout = Rollout(cluster, tmp_path, replace(POOL, rotation=rotation))
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert set(images(cluster).values()) == {"app:v2"}
        assert rollout.witness.fewest >= 2
        assert rollout.witness.unproven == []
        after = cluster.get(STATEFULSETS, "web")
        assert spec_of(after) == spec_of(before)
        assert "annotations" not in after["metadata"] or not after["metadata"]["annotations"]
        assert cluster.get(SERVICES, "web")["spec"] == service
        assert all("poolroll.dev/in" not in pod["metadata"]["labels"] for pod in cluster.all(PODS))
        # A controller that was quicker than the revision brings a pod of the former one: again.
        again = len(rollout.evicted) - 3
        assert rollout.writes() <= (5 if rotation is Rotation.LABEL else 7) * 3 + 4 + 2 * again
        dry = [call for call in cluster.faults.log if call.is_dry and call.kind is STATEFULSETS]
        kept = [one for one in rollout.events if isinstance(one, PoolOpened)]
        assert len(kept) == 1
        assert "image" not in str(kept), "an environment may hold what is secret"
        assert len(dry) <= 3, "a template is tried once, and once more when it is there"
        assert set(phases(state).values()) == {"done"}


async def test_five_pods_are_never_fewer_than_four(tmp_path: Path) -> None:
    """The order is that of the controller, from the top; each pod costs a handful of writes."""
    async with pods_of(manifests.statefulset(replicas=5), count=5) as cluster:
        rollout = Rollout(cluster, tmp_path)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert rollout.witness.fewest == 4
        again = len(rollout.evicted) - 5
        assert 5 * 5 <= rollout.writes() <= 5 * 8 + 2 * again
        assert [*dict.fromkeys(rollout.evicted)] == ["web-4", "web-3", "web-2", "web-1", "web-0"]


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR])
async def test_bad_version_goes_back_everywhere(rotation: Rotation, tmp_path: Path) -> None:
    """The first pod of v2 fails its validation: nobody meets it, and it is brought back to v1."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        rollout = Rollout(
            cluster, tmp_path, replace(POOL, rotation=rotation), policies, bad=frozenset({"app:v2"})
        )
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert "app:v2 answers 500" in ended(state).why
        assert set(images(cluster).values()) == {"app:v1"}
        assert len(ready(cluster)) == 3
        assert rollout.witness.fewest >= 2
        assert rollout.witness.unproven == []
        after = cluster.get(STATEFULSETS, "web")
        assert after["spec"]["template"] == before["spec"]["template"]
        again = await rollout.run(AbortRequested("me", restore=False), is_new=False)
        assert ended(again).outcome is Outcome.ABORTED
        assert "not put back" not in ended(again).why
        assert cluster.get(STATEFULSETS, "web")["spec"] == before["spec"]


async def test_pod_that_never_becomes_ready_goes_back(tmp_path: Path) -> None:
    """The step does not end; on the way back the broken pod is not in the way, whatever a budget
    says."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    manner = Manner(ends=0.15, becomes_ready=lambda pod: "v2" not in str(pod["spec"]["containers"]))
    async with pods_of(manifests.statefulset(), count=3, manner=manner) as cluster:
        rollout = Rollout(cluster, tmp_path, policies=policies, timeout=10)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert "did not end in time" in ended(state).why
        assert "not Ready" in rollout.told
        assert set(images(cluster).values()) == {"app:v1"}
        assert len(ready(cluster)) == 3
        assert rollout.witness.fewest >= 2


@pytest.mark.parametrize("what", ["template", "partition"])
async def test_rival_is_named_and_not_fought(what: str, tmp_path: Path) -> None:
    """Somebody else takes a field back: halted, with who and what."""
    async with pods_of(manifests.statefulset(), count=3) as cluster:

        def change(found: Json) -> None:
            if what == "partition":
                found["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 2147483646
            else:
                found["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v3"

        rollout = Rollout(cluster, tmp_path)
        manner = cluster.kubelet.manner if cluster.kubelet else Manner()
        manner.boot = 0.5  # long enough for the rival to come while the first pod is in hand
        running = asyncio.create_task(rollout.run())
        await until(lambda: "app:v2" in images(cluster).values())
        cluster.change(STATEFULSETS, "web", change, manager="argocd-controller")
        state = await running
        assert ended(state).outcome is Outcome.HALTED
        assert "was changed by argocd-controller" in ended(state).why + rollout.told
        assert rollout.witness.fewest >= 2
        assert rollout.witness.unproven == []


async def test_others_go_on_meanwhile(tmp_path: Path) -> None:
    """Scaled up, and a pod that waits is lost: the new ones are kept out until they have proven
    themselves, and all end at v2."""
    async with pods_of(manifests.statefulset(), count=3) as cluster:

        def scale(found: Json) -> None:
            found["spec"]["replicas"] = 4

        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: "app:v2" in images(cluster).values())
        cluster.change(STATEFULSETS, "web", scale, manager="autoscaler")
        await until(lambda: "web-3" in images(cluster))
        cluster.registry.delete(PODS, "web-0", "default", {"gracePeriodSeconds": 0})
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert set(images(cluster).values()) == {"app:v2"}
        assert len(ready(cluster)) == 4
        assert rollout.witness.unproven == []


@pytest.mark.parametrize("is_proven", [False, True], ids=["in its step", "in its validation"])
async def test_scaled_down_meanwhile(
    is_proven: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pod that is in hand is taken away, in its step or after it: nobody misses it."""
    monkeypatch.setattr("adapters.kubernetes.pods.progress.GONE_FOR", timedelta(seconds=0.3))
    policies = replace(POLICIES, min_available=Amount(1))
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")

        def scale(found: Json) -> None:
            found["spec"]["replicas"] = 2

        rollout = Rollout(cluster, tmp_path, policies=policies, slow=0.3)
        running = asyncio.create_task(rollout.run())

        def is_time() -> bool:
            evicted = any(
                one.subresource == "eviction" for one in cluster.faults.writes("poolroll")
            )
            return rollout.validating > 0 if is_proven else evicted

        await until(lambda: is_time() or running.done())
        cluster.change(STATEFULSETS, "web", scale, manager="autoscaler")
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert phases(state) == {"web-2": "left out", "web-1": "done", "web-0": "done"}
        assert set(images(cluster).values()) == {"app:v2"}
        after = spec_of(cluster.get(STATEFULSETS, "web"))
        assert {**after, "replicas": 3} == spec_of(before)


async def test_rotation_delete(tmp_path: Path) -> None:
    """Nothing is taken out before it is deleted; the gates still go one by one."""
    pool = replace(POOL, rotation=Rotation.DELETE)
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        rollout = Rollout(cluster, tmp_path, pool)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert set(images(cluster).values()) == {"app:v2"}
        assert rollout.witness.fewest >= 2
        assert spec_of(cluster.get(STATEFULSETS, "web")) == spec_of(before)
        assert 2 * 3 <= rollout.writes() <= 3 * 8


@pytest.mark.parametrize("strategy", [ON_DELETE, HELD_BACK], ids=["OnDelete", "partitioned"])
async def test_template_that_somebody_else_has_changed(strategy: Json, tmp_path: Path) -> None:
    """Without a template, the pods are brought to what the workload has, which stays as it is; a
    second run finds nothing to do."""
    pool = replace(POOL, template=None)
    async with pods_of(manifests.statefulset(replicas=2, **strategy), count=2) as cluster:

        def change(found: Json) -> None:
            found["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v2"

        cluster.change(STATEFULSETS, "web", change, manager="argocd-controller")
        before = cluster.get(STATEFULSETS, "web")["spec"]
        rollout = Rollout(cluster, tmp_path, pool)
        state = await rollout.run()
        assert cluster.get(STATEFULSETS, "web")["spec"] == before
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert set(images(cluster).values()) == {"app:v2"}
        writes = rollout.writes()
        again = Rollout(cluster, tmp_path, pool)
        assert set(phases(await again.run()).values()) == {"skipped"}
        assert again.writes() == writes


async def test_aborted_in_the_middle(tmp_path: Path) -> None:
    """Pods of both versions are there: what holds them stays, and the operator is told; the next
    rollout to v2 goes on, and puts back what was found first."""
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        rollout = Rollout(cluster, tmp_path)

        def abort(runner: Runner) -> None:
            async def soon() -> None:
                await until(lambda: len(rollout.told.splitlines()) > 0)
                await rollout.requests.ask(ROLLOUT, Verb.ABORT, "enough", "me")

            tasks.append(asyncio.create_task(soon()))

        tasks: list[asyncio.Task[None]] = []
        state = await rollout.run(started=abort)
        assert ended(state).outcome is Outcome.ABORTED
        assert "stays as poolroll set it" in ended(state).why
        held = cluster.get(STATEFULSETS, "web")["spec"]["updateStrategy"]["rollingUpdate"]
        assert held["partition"] > 0
        assert sorted(images(cluster).values()) != ["app:v2"] * 3
        assert len(ready(cluster)) >= 2
        other = Rollout(cluster, tmp_path)
        assert ended(await other.run()).outcome is Outcome.DONE, other.told
        assert spec_of(cluster.get(STATEFULSETS, "web")) == spec_of(before)


async def test_canary_that_is_not_on_top(tmp_path: Path) -> None:
    """Under a partition the order is the controller's: the plan refuses another one, and halts at
    the pod where it had to be made without knowing."""
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        rollout = Rollout(cluster, tmp_path, selection=Selection(canaries=("web-0",)))
        with pytest.raises(AssertionError, match="web-0 cannot be upgraded before web-2, web-1"):
            await rollout.run()
        assert rollout.writes() == 0
        on_top = Rollout(cluster, tmp_path, selection=Selection(canaries=("web-2",)))
        assert ended(await on_top.run()).outcome is Outcome.DONE, on_top.told
        assert rollout.witness.fewest >= 2


async def test_last_pod_is_bad_and_all_go_back(tmp_path: Path) -> None:
    """By then the controller takes the new revision for the current one: no partition brings the
    former one back, and the newest pod goes first."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        bad = frozenset({("web-0", "app:v2")})
        rollout = Rollout(cluster, tmp_path, policies=policies, bad=bad)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert set(images(cluster).values()) == {"app:v1"}, rollout.told
        assert rollout.witness.fewest >= 2
        assert rollout.witness.unproven == []
        again = await rollout.run(AbortRequested("me", restore=False), is_new=False)
        assert "not put back" not in ended(again).why
        assert cluster.get(STATEFULSETS, "web")["spec"] == before["spec"]


def of_users(workload: Any) -> dict[str, Any]:
    """The metadata of a workload, without what moves with each status of its controller."""
    return {
        key: [one for one in value if one.get("subresource") != "status"]
        if key == "managedFields"
        else value
        for key, value in workload["metadata"].items()
        if key != "resourceVersion"
    }


async def test_rehearsal_and_the_way_back(tmp_path: Path) -> None:
    """A rehearsal takes each pod out and changes nothing of the workload; a rollout to the former
    version finds it in the history, and steps like any other."""
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        asked, metadata = before["spec"], of_users(before)
        rehearsal = Rollout(cluster, tmp_path, purpose=Purpose.REHEARSAL)
        assert ended(await rehearsal.run()).outcome is Outcome.DONE
        assert 0 < rehearsal.writes() <= 2 * 8
        after = cluster.get(STATEFULSETS, "web")
        assert (after["spec"], of_users(after)) == (asked, metadata)
        assert ended(await Rollout(cluster, tmp_path).run()).outcome is Outcome.DONE
        back = Rollout(cluster, tmp_path, purpose=Purpose.ROLLBACK)
        assert ended(await back.run()).outcome is Outcome.DONE, back.told
        assert set(images(cluster).values()) == {"app:v1"}
        assert cluster.get(STATEFULSETS, "web")["spec"] == asked
        assert back.witness.fewest >= 1


async def test_going_on_after_a_rival(tmp_path: Path) -> None:
    """A rollout that comes later takes what the rival left for what it found."""
    async with (
        pods_of(manifests.statefulset(replicas=1), count=1) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        kept = await balancer.open()

        def change(found: Json) -> None:
            found["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v3"

        cluster.change(STATEFULSETS, "web", change, manager="argocd-controller")
        view = await balancer.look(balancer.instances[0], None)
        assert "spec.template of statefulset/web was changed by argocd-controller" in view.rival
        with pytest.raises(CommandRefused, match="stays as poolroll set it"):
            await balancer.close(kept)
        await balancer.open()
        view = await balancer.look(balancer.instances[0], None)
        assert view.rival == ""
        image = cluster.get(STATEFULSETS, "web")["spec"]["template"]["spec"]["containers"]
        assert image[0]["image"] == "app:v2"

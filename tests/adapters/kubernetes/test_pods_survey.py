"""What an operator is told of a pool of pods before anything is touched, and what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.kubernetes.pod import Json
from adapters.kubernetes.pods.abilities import floor_of
from adapters.kubernetes.pods.survey import service_refusals
from controller.errors import BalancerError
from controller.pools.kubernetes import PodPool, Rotation
from controller.records import Survey
from tests.adapters.kubernetes.pods_samples import (
    a_pod,
    a_service,
    a_statefulset,
    picture,
)
from tests.adapters.kubernetes.pods_stage import POOL, pods_of, pool_on
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import SERVICES, STATEFULSETS
from tests.support.tables import table


@table(
    "service words",
    {
        "as it should be": (a_service(), ""),
        "a name in DNS": (a_service(type="ExternalName"), "ExternalName"),
        "no selector": (a_service(selector=None), "has no selector"),
        "pods that are not Ready": (
            a_service(publishNotReadyAddresses=True),
            "publishNotReadyAddresses",
        ),
    },
)
def test_services(service: Json, words: str) -> None:
    refusals = service_refusals(service)
    assert bool(refusals) is bool(words)
    assert words in "".join(refusals)


def a_budget(needed: int, expected: int = 3, **labels: str) -> Json:
    return {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}},
        "status": {"desiredHealthy": needed, "expectedPods": expected},
    }


@table(
    "budgets floor",
    {
        "none": ([], None),
        "of other pods": ([a_budget(3, app="db")], None),
        "one may be missing": ([a_budget(2, app="web")], 2),
        "the strictest counts": ([a_budget(2, app="web"), a_budget(3, app="web")], 3),
        "it has other pods besides": ([a_budget(3, 4, app="web")], 2),
        "all may be missing": ([a_budget(0, app="web")], 0),
    },
)
def test_a_budget_is_a_floor(budgets: list[Json], floor: int | None) -> None:
    shown = picture(a_statefulset(), a_pod("web-0"), a_pod("web-1"), a_pod("web-2"))
    assert floor_of(shown, budgets) == floor


async def surveyed(cluster: FakeCluster, folder: Path, pool: PodPool = POOL) -> Survey:
    async with pool_on(cluster, folder, pool) as balancer:
        view = await balancer.look(balancer.instances[0], None)
        return await balancer.survey(view, [line.member for line in view.lines])


@pytest.mark.parametrize(
    ("rotation", "words"),
    [
        (Rotation.LABEL, "COMES INTO SERVICE UNVALIDATED"),
        (Rotation.SELECTOR, "STAY OUT UNTIL POOLROLL LETS THEM IN"),
        (Rotation.DELETE, "BEFORE ANY VALIDATION"),
    ],
)
async def test_what_each_rotation_promises(rotation: Rotation, words: str, tmp_path: Path) -> None:
    """Weak promises are in capitals; what the pool can and cannot do follows from the way."""
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        said = await surveyed(cluster, tmp_path, replace(POOL, rotation=rotation))
        assert said.refusals == ()
        notes = "\n".join(said.notes)
        assert words in notes
        assert ("kept alive" in notes) is (rotation is not Rotation.DELETE)
        can = said.abilities
        assert can.holds_out is (rotation is not Rotation.DELETE)
        assert (can.opens, can.joins, can.counts, can.cuts, can.settle) == (
            True,
            True,
            False,
            False,
            POOL.settle,
        )
        verb = {"delete": "delete pods {member}"}.get(rotation, "label --overwrite pods {member}")
        assert verb in said.by_hand.take_out
        assert said.by_hand.take_out.startswith("kubectl --kubeconfig ")


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR, Rotation.DELETE])
async def test_pods_behind_two_services(rotation: Rotation, tmp_path: Path) -> None:
    """Who comes through the other one meets what is out: said, where anything is held out."""
    inner = manifests.service("web-internal", selector={"app": "web"})
    services = (manifests.service(), inner, manifests.service("db"))
    async with pods_of(manifests.statefulset(replicas=1), *services, count=2) as cluster:
        said = await surveyed(cluster, tmp_path, replace(POOL, rotation=rotation))
        notes = "\n".join(said.notes)
        is_held = rotation is not Rotation.DELETE
        assert ("behind Service web-internal as well" in notes) is is_held
        assert ("selects poolroll.dev/rotation as well" in notes) is (rotation is Rotation.LABEL)


def not_ready(service: Json) -> None:
    service["spec"]["publishNotReadyAddresses"] = True


def in_a_rollout(workload: Json) -> None:
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = "app:v9"


SLIP = {"spec": {"containers": [{"name": "web", "imagee": "app:v2"}]}}
UNKNOWN = "template has what the API server does not know: spec.containers[0].imagee"


@table(
    "pool more change words",
    {
        "a Service that ignores readiness": (POOL, (), (SERVICES, not_ready), "NotReadyAddresses"),
        "two budgets": (
            POOL,
            (manifests.budget("a", maxUnavailable=1), manifests.budget("b", maxUnavailable=1)),
            None,
            "more than one PodDisruptionBudget (a, b)",
        ),
        "a budget that never allows": (
            POOL,
            (manifests.budget(maxUnavailable=0),),
            None,
            "its maxUnavailable is 0",
        ),
        "pods of somebody else": (
            POOL,
            (manifests.pod("stray", labels={"app": "web", manifests.ROTATION: "in"}),),
            None,
            "selects pods of others than statefulset/web, such as stray",
        ),
        "a label that the selector uses": (
            replace(POOL, rotation=Rotation.LABEL, rotation_label="app"),
            (),
            None,
            "is in the selector of statefulset/web",
        ),
        "a slip of the pen": (replace(POOL, template=SLIP), (), None, f"upgrade.{UNKNOWN}"),
        "one on the way back": (replace(POOL, former=SLIP), (), None, f"rollback.{UNKNOWN}"),
    },
)
async def test_refused(
    pool: PodPool, more: tuple[Json, ...], change: Any, words: str, tmp_path: Path
) -> None:
    workload = manifests.statefulset(replicas=2)
    budgets = [{**one, "spec": {**one["spec"]}} for one in more]
    for one in budgets:
        if one["kind"] == "PodDisruptionBudget":
            one["spec"]["selector"] = {"matchLabels": {"app": "web"}}
    named = replace(pool, workload="statefulset/web")
    async with pods_of(workload, *budgets, count=2) as cluster:
        if change is not None:
            kind, do = change
            cluster.change(kind, "web", do)
        said = await surveyed(cluster, tmp_path, named)
        assert words in "\n".join(said.refusals)


@table(
    "pool prepare words",
    {
        "no such Service": (replace(POOL, service="api"), None, "api"),
        "no such workload": (
            replace(POOL, workload="statefulset/api"),
            None,
            'statefulsets.apps "api" not found',
        ),
        "a kind that is none": (
            replace(POOL, workload="cronjob/web"),
            None,
            "cronjob/web is no kind of workload",
        ),
        "two workloads": (
            POOL,
            lambda cluster: cluster.add(
                manifests.pod("stray", labels={"app": "web", manifests.ROTATION: "in"})
            ),
            "the pods of statefulset/web, pods of no workload",
        ),
        "no pods": (
            POOL,
            lambda cluster: cluster.change(
                SERVICES, "web", lambda one: one["spec"].update(selector={"app": "no"})
            ),
            "selects no pod of a workload",
        ),
    },
)
async def test_not_found(
    pool: PodPool, prepare: Callable[[FakeCluster], object] | None, words: str, tmp_path: Path
) -> None:
    """An error names the instance, and what to write instead."""
    async with pods_of(manifests.statefulset(replicas=1), count=1) as cluster:
        if prepare is not None:
            prepare(cluster)
        with pytest.raises(BalancerError) as caught:
            await surveyed(cluster, tmp_path, pool)
        assert words in str(caught.value)
        assert str(caught.value).startswith("fake/default: ")


async def test_held_by_a_rollout_that_has_not_ended(tmp_path: Path) -> None:
    """That is no reason to refuse: what was found then is put back at the end of the next one."""
    async with (
        pods_of(manifests.statefulset(replicas=1), count=1) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        kept = await balancer.open()
        assert await balancer.open() == kept
        said = await surveyed(cluster, tmp_path)
        assert said.refusals == ()
        assert "is held by a rollout that has not ended" in "\n".join(said.notes)
        before = cluster.get(STATEFULSETS, "web")["spec"]["template"]
        assert before["spec"]["containers"][0]["image"] == "app:v2"
        await balancer.close(kept)
        after = cluster.get(STATEFULSETS, "web")
        assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "app:v1"
        assert after["spec"]["updateStrategy"]["rollingUpdate"]["partition"] == 0
        await balancer.close(kept)  # may be asked again


async def test_what_may_not_be_done(tmp_path: Path) -> None:
    """Each right that is missing, by name, with the rule to add."""
    async with pods_of(manifests.statefulset(replicas=1), count=1, rbac=True) as cluster:
        token = cluster.account("default", "poolroll")
        rules = [
            manifests.rule(["get", "list", "watch"], "", ["pods", "services"]),
            manifests.rule(["get", "list"], "apps", ["statefulsets", "controllerrevisions"]),
            manifests.rule(["list", "watch"], "discovery.k8s.io", ["endpointslices"]),
        ]
        cluster.add(*manifests.role("poolroll", rules, account="poolroll"))
        pool = replace(POOL, rotation=Rotation.LABEL)
        async with pool_on(cluster, tmp_path, pool, token) as balancer:
            view = await balancer.look(balancer.instances[0], None)
            said = await balancer.survey(view, ["web-0"])
        refusals = "\n".join(said.refusals)
        assert 'no permission to patch statefulsets "web" in namespace default' in refusals
        assert "no permission to create pods/eviction" in refusals
        assert 'resources: ["pods"], verbs: ["patch"]' in refusals

"""Rollouts over pods that meet budgets, an API server that is away, and hands that flip labels."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.core.outcome import Outcome
from controller.core.settings import DrainPolicy, OnFailure
from controller.core.steps import SetMember, Setting
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import (
    POLICIES,
    Rollout,
    ended,
    phases,
    spec_of,
)
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, pool_on, ready
from tests.support.kubernetes import manifests
from tests.support.kubernetes.controllers.daemonsets import DaemonSets
from tests.support.kubernetes.controllers.endpointslices import EndpointSlices
from tests.support.kubernetes.faults import Cut, nth, writes
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import DAEMONSETS, PODS, SERVICES, STATEFULSETS, Json
from tests.support.kubernetes.requests import Call
from tests.support.waiting import until


async def test_budget_is_waited_for(tmp_path: Path) -> None:
    """Another pod is not Ready, and the budget says no: named, with who; it goes on as soon as
    that one is back. A member out by its label counts as healthy there, and not with us."""
    budget = manifests.budget(maxUnavailable=1)
    async with pods_of(manifests.statefulset(), budget, count=3) as cluster:
        assert cluster.kubelet is not None
        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        await until(lambda: _is_out(cluster.find(PODS, "web-2")))
        cluster.kubelet.make_unready("web-0")
        await asyncio.sleep(1)
        assert not running.done()
        cluster.kubelet.make_ready("web-0")
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert set(images(cluster).values()) == {"app:v2"}


def _is_out(pod: Json | None) -> bool:
    return pod is not None and pod["metadata"]["labels"][manifests.ROTATION] == "out"


async def test_budget_that_refuses_for_too_long(tmp_path: Path) -> None:
    """A halt that names it and who is unhealthy: here one that is not behind the Service."""
    stray = manifests.pod("stray", labels={"app": "web"})
    manner = Manner(boot=0.1, ends=0.15, becomes_ready=lambda pod: _name(pod) != "stray")
    things = (manifests.budget(minAvailable=3), stray)
    async with pods_of(manifests.statefulset(), *things, count=3, manner=manner) as cluster:
        rollout = Rollout(cluster, tmp_path, budget="0.3")
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert "not evicted within 0.3s: budget default/web needs 3" in ended(state).why
        assert "stray is not Ready" in ended(state).why
        assert "app:v2" not in images(cluster).values()
        assert rollout.witness.fewest >= 2


def _name(pod: Json) -> str:
    return str(pod["metadata"]["name"])


async def test_daemonset(tmp_path: Path) -> None:
    """Members are Nodes: the next pod there has another name."""
    async with pods_of(manifests.daemonset(), count=3) as cluster:
        before = cluster.get(DAEMONSETS, "web")["spec"]
        rollout = Rollout(cluster, tmp_path)
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert phases(state) == dict.fromkeys(["node-1", "node-2", "node-3"], "done")
        assert set(images(cluster).values()) == {"app:v2"}
        assert rollout.witness.fewest >= 2
        assert rollout.witness.unproven == []
        after = cluster.get(DAEMONSETS, "web")
        assert after["spec"]["updateStrategy"] == before["updateStrategy"]
        assert not after["metadata"].get("annotations")
        assert 4 * 3 <= rollout.writes() <= 3 * 8


async def test_daemonset_whose_controller_is_slow(tmp_path: Path) -> None:
    """No pod tells of the Node for a while, and no line of it is missed: also by a process that
    has never seen the pod that went."""
    async with pods_of(manifests.daemonset(), count=3) as cluster:
        slow = next(one for one in cluster.controllers if isinstance(one, DaemonSets))

        def stop(call: Call) -> None:
            slow.works.clear()

        def is_eviction(call: Call) -> bool:
            return writes(call) and call.path.endswith("/eviction")

        rollout = Rollout(cluster, tmp_path)
        cluster.faults.add(is_eviction, stop, times=1)
        first = asyncio.create_task(rollout.run())
        await until(lambda: len(cluster.all(PODS)) == 2)
        await asyncio.sleep(0.3)
        assert not first.done()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        again = asyncio.create_task(rollout.run(is_new=False))
        await asyncio.sleep(0.3)
        slow.works.set()
        state = await again
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert set(images(cluster).values()) == {"app:v2"}


async def test_daemonset_that_rolls_by_itself_is_refused(tmp_path: Path) -> None:
    """The plan says how to change that."""
    workload = manifests.daemonset(updateStrategy={"type": "RollingUpdate"})
    async with pods_of(workload, count=3) as cluster, pool_on(cluster, tmp_path) as balancer:
        view = await balancer.look(balancer.instances[0], None)
        said = await balancer.survey(view, ["node-1"])
        assert "patch daemonset web --patch" in "".join(said.refusals)


SHORT = 0.4
"""Seconds that the server is away; controllers are back as late again."""


@dataclass(frozen=True)
class Moment:
    """A write of ours after which the server goes away."""

    path: str
    number: int = 1
    is_bad: bool = False
    """The first pod of v2 fails, and is brought back."""


MOMENTS = {
    "opening": Moment("/statefulsets/web"),
    "drain": Moment("/pods/web-1"),
    "eviction": Moment("/eviction"),
    "upgrade": Moment("/statefulsets/web", 2),
    "return": Moment("/pods/web-1", 3),
    "closing": Moment("/statefulsets/web", 4),
    "put back": Moment("/pods/web-1", 4, is_bad=True),
}


@pytest.mark.parametrize(
    ("moment", "is_frozen"),
    [
        *((name, False) for name in MOMENTS),
        ("eviction", True),
    ],
)
async def test_api_server_away(moment: str, is_frozen: bool, tmp_path: Path) -> None:
    """In whichever phase: it holds, and goes on when the server is back. `is_frozen`: it accepts
    connections and answers nothing, and its watches stay open."""
    then = MOMENTS[moment]
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        before = spec_of(cluster.get(STATEFULSETS, "web"))
        bad = frozenset({"app:v2"} if then.is_bad else ())
        rollout = Rollout(cluster, tmp_path, policies=policies, bad=bad)

        def away(call: Call) -> None:
            down.append(asyncio.create_task(freeze() if is_frozen else restart()))
            raise Cut

        async def restart() -> None:
            await cluster.stop()
            await asyncio.sleep(SHORT)
            await cluster.start(controllers_after=SHORT)

        async def freeze() -> None:
            cluster.freeze()
            await asyncio.sleep(SHORT)
            cluster.thaw()

        down: list[asyncio.Task[None]] = []
        ours = nth(then.number, "poolroll", lambda c: writes(c) and c.path.endswith(then.path))
        cluster.faults.add(ours, away, after=True)
        state = await rollout.run()
        assert down
        await down[0]
        outcome = Outcome.HALTED if then.is_bad else Outcome.DONE
        assert ended(state).outcome is outcome, (ended(state), rollout.told, phases(state))
        if then.is_bad:
            assert "app:v2 answers 500" in ended(state).why
        assert set(images(cluster).values()) == {"app:v1" if then.is_bad else "app:v2"}
        assert spec_of(cluster.get(STATEFULSETS, "web")) == before
        await until(lambda: len(ready(cluster)) == 2)
        assert rollout.witness.fewest >= 1
        assert rollout.witness.unproven == []


def settings(rollout: Rollout, member: str) -> list[Setting]:
    steps = rollout.intended(SetMember)
    return [s.setting for s in steps if isinstance(s, SetMember) and s.member == member]


async def test_slices_that_follow_late(tmp_path: Path) -> None:
    """Their controller is back later than the API server: the pod drains until none of them lists
    it any more, which is waited for and not asked for again and again."""
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        slices = cluster.controller(EndpointSlices)
        rollout = Rollout(cluster, tmp_path)
        slices.works.clear()
        running = asyncio.create_task(rollout.run())
        await until(lambda: _is_out(cluster.find(PODS, "web-1")))
        await asyncio.sleep(0.5)
        assert settings(rollout, "web-1") == [Setting.DRAIN]
        slices.works.set()
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert settings(rollout, "web-1").count(Setting.HOLD) == 1


async def test_slices_that_never_follow(tmp_path: Path) -> None:
    """A halt at the drain's deadline that says what was waited for; nothing was evicted."""
    policies = replace(POLICIES, drain=DrainPolicy(timeout=timedelta(seconds=0.5)))
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        rollout = Rollout(cluster, tmp_path, policies=policies)
        cluster.controller(EndpointSlices).works.clear()
        state = await rollout.run()
        assert ended(state).outcome is Outcome.HALTED
        assert "an EndpointSlice of Service web still lists its pod" in ended(state).why
        assert "evicted" not in rollout.told


async def test_rival_puts_a_pod_in(tmp_path: Path) -> None:
    """Somebody flips the label of a pod that is in hand: noticed, taken out once more, halted."""

    async with pods_of(manifests.statefulset(), count=3) as cluster:
        assert cluster.kubelet is not None
        rollout = Rollout(cluster, tmp_path, bad=frozenset({"app:v2"}))
        rollout.slow = 1.0

        def flip(pod: Json) -> None:
            pod["metadata"]["labels"][manifests.ROTATION] = "in"

        running = asyncio.create_task(rollout.run())
        await until(lambda: rollout.validating)
        cluster.change(PODS, "web-2", flip, manager="kubectl-label")
        state = await running
        assert ended(state).outcome is Outcome.HALTED
        assert "somebody else" in ended(state).why
        assert rollout.witness.fewest >= 2


async def test_rival_restores_the_selector(tmp_path: Path) -> None:
    """A narrowed Service that somebody puts back lets everything in: halted, with who."""
    pool = replace(POOL, rotation=Rotation.SELECTOR)
    async with pods_of(manifests.statefulset(), count=3) as cluster:
        rollout = Rollout(cluster, tmp_path, pool)
        rollout.slow = 1.0

        def restore(service: Json) -> None:
            service["spec"]["selector"].pop("poolroll.dev/in")

        running = asyncio.create_task(rollout.run())
        await until(lambda: rollout.validating)
        cluster.change(SERVICES, "web", restore, manager="argocd-controller")
        state = await running
        assert ended(state).outcome is Outcome.HALTED
        assert "spec.selector of service/web was changed by argocd-controller" in ended(state).why
        template = cluster.get(STATEFULSETS, "web")["spec"]["template"]["spec"]
        assert template["containers"][0]["image"] == "app:v2"


async def test_watches_that_are_cut_all_the_time(tmp_path: Path) -> None:
    """Some end like a clean end, some versions are too old: nothing is missed, also no new pod."""
    manner = Manner(boot=0.6, ends=0.15)
    async with pods_of(manifests.statefulset(replicas=2), count=2, manner=manner) as cluster:
        rollout = Rollout(cluster, tmp_path)
        running = asyncio.create_task(rollout.run())
        cuts = 0
        while not running.done():
            await asyncio.sleep(0.15)
            cuts += cluster.cut_watches(clean=cuts % 2 == 0)
            if cuts % 3 == 0:
                cluster.expire()
        assert cuts > 4
        state = await running
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert rollout.witness.unproven == []
        assert rollout.witness.fewest >= 1

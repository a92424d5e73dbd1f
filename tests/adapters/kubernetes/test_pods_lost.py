"""Pods that are lost while a rollout replaces them: their Node goes, or somebody deletes them.

Whatever comes in their stead is proven before users meet it, and nobody else is taken out before.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.kubernetes.pod import OUT
from adapters.kubernetes.pods.workloads.deployment import PLACE
from controller.core.outcome import Outcome
from controller.core.state.state import State
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_killed import Virtual
from tests.adapters.kubernetes.pods_rollout import POLICIES, ended, phases
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, ready
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import NODES, PODS, Json
from tests.support.virtual import LoopClock, run_virtually
from tests.support.waiting import until

LABEL, SELECTOR = Rotation.LABEL, Rotation.SELECTOR
ROOM_AGAIN: Final = 20.0
"""Seconds until the next pod finds a Node."""


def _cordon(cluster: FakeCluster, *, is_on: bool) -> None:
    def change(node: Json) -> None:
        node["spec"]["unschedulable"] = is_on

    for node in cluster.all(NODES):
        cluster.change(NODES, node["metadata"]["name"], change)


def _successor(cluster: FakeCluster) -> Json | None:
    """The first one that came in the place of a pod that was taken out."""
    for pod in cluster.all(PODS):
        is_v2 = pod["spec"]["containers"][0]["image"] == "app:v2"
        name, labels = pod["metadata"]["name"], pod["metadata"]["labels"]
        if is_v2 and labels.get(PLACE, name) != name:
            return pod
    return None


async def _lost(
    cluster: FakeCluster, is_time: Callable[[Json], bool], after: float, again: float
) -> None:
    """Its Node goes and nobody else has room for a while."""

    def found() -> Json | None:
        pod = _successor(cluster)
        return pod if pod is not None and is_time(pod) else None

    pod = await until(found, what="the pod that is to be lost")
    assert pod is not None
    await asyncio.sleep(after)
    _cordon(cluster, is_on=True)
    cluster.registry.delete(PODS, pod["metadata"]["name"], "default", {"gracePeriodSeconds": 0})
    await asyncio.sleep(again)
    _cordon(cluster, is_on=False)


def _is_ready(pod: Json) -> bool:
    conditions = pod["status"].get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _is_in(pod: Json) -> bool:
    return pod["metadata"].get("annotations", {}).get(OUT) is None


MOMENTS: dict[str, tuple[Callable[[Json], bool], float]] = {
    "before it is Ready": (lambda pod: not _is_ready(pod), 0),
    "as soon as it is Ready": (lambda pod: _is_ready(pod) and not _is_in(pod), 0),
    "while it is validated": (lambda pod: _is_ready(pod) and not _is_in(pod), 0.6),
    "in its soak": (lambda pod: _is_ready(pod) and _is_in(pod), 0),
}
"""What it is like then, and so many seconds later."""


async def _rolled(
    folder: Path, rotation: Rotation, moment: str, again: float = ROOM_AGAIN
) -> tuple[State, Virtual]:
    room = timedelta(seconds=30)
    policies = replace(POLICIES, soak=timedelta(seconds=1), wait_for_capacity=room)
    async with pods_of(manifests.deployment(), count=3) as cluster:
        rollout = Virtual(
            cluster, folder, replace(POOL, rotation=rotation), policies, clock=LoopClock()
        )
        rollout.slow = 1
        losing = asyncio.create_task(_lost(cluster, *MOMENTS[moment], again))
        state = await rollout.run()
        if ended(state).outcome is Outcome.DONE:
            assert losing.done()
            assert list(images(cluster).values()) == ["app:v2"] * 3
            assert len(ready(cluster)) == 3
        await losing
        await asyncio.sleep(5)  # whatever came since is Ready
        assert rollout.witness.unproven == []
        assert rollout.witness.fewest >= 3
        return state, rollout


@pytest.mark.parametrize(
    ("rotation", "moment"), [*((LABEL, one) for one in MOMENTS), (SELECTOR, "before it is Ready")]
)
def test_the_next_one_is_waited_for(rotation: Rotation, moment: str, tmp_path: Path) -> None:
    """Its place gets another pod, or that is a member of its own: proven like any other."""
    state, rollout = run_virtually(_rolled(tmp_path, rotation, moment))
    assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
    assert set(phases(state).values()) <= {"done", "left out"}


@pytest.mark.parametrize(
    ("moment", "why"),
    [("before it is Ready", "every step must end"), ("in its soak", "wait_for_capacity is 30s")],
)
def test_no_room_for_the_next_one(moment: str, why: str, tmp_path: Path) -> None:
    """Then it halts, whatever the next pod does later."""
    state, rollout = run_virtually(_rolled(tmp_path, LABEL, moment, 100))
    assert ended(state).outcome is Outcome.HALTED, (ended(state), rollout.told)
    assert state.halt is not None
    assert why in state.halt.limit

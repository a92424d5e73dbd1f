"""Rollouts over pods whose process is killed right after each of its writes, answer lost."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from controller.core.events import AbortRequested, Event
from controller.core.outcome import Outcome
from controller.core.settings import OnFailure
from controller.core.state.state import State
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import POLICIES, Rollout, ended, spec_of
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of
from tests.support.kubernetes import manifests
from tests.support.kubernetes.faults import Cut, writes
from tests.support.kubernetes.kinds import PODS, SERVICES, STATEFULSETS
from tests.support.kubernetes.requests import Call

ABORT = AbortRequested("me", restore=False)


async def killed_after(
    rollout: Rollout, count: int, *, is_new: bool, first: Event | None = None
) -> State | None:
    """One process, until so many of its writes took effect; the state when it came to its end."""
    events = (first,) if first is not None else ()
    task: asyncio.Task[State] = asyncio.create_task(rollout.run(*events, is_new=is_new))
    done = 0

    def act(call: Call) -> None:
        nonlocal done
        done += 1
        if done >= count:
            task.cancel()
            raise Cut

    def is_ours(call: Call) -> bool:
        return writes(call) and call.manager == "poolroll"

    faults = rollout.cluster.faults
    rule = faults.add(is_ours, act, times=1000, after=True)
    try:
        return await task
    except asyncio.CancelledError:
        if done < count:
            raise
        return None
    finally:
        faults.remove(rule)


@pytest.mark.parametrize(
    ("rotation", "counts"), [(Rotation.LABEL, (2, 3)), (Rotation.SELECTOR, (1, 2))]
)
async def test_killed_after_each_write(
    rotation: Rotation, counts: tuple[int, ...], tmp_path: Path
) -> None:
    """It completes, everything that was moved is back, and with `selector` nobody ever met a pod
    that nothing had proven. (An eviction and the partition after it are two writes: one that is
    always killed between them evicts again and again.)"""
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        service = cluster.get(SERVICES, "web")["spec"]
        rollout = Rollout(cluster, tmp_path, replace(POOL, rotation=rotation))
        state, processes = None, 0
        while state is None:
            count = counts[processes % len(counts)]
            state = await killed_after(rollout, count, is_new=processes == 0)
            processes += 1
            assert processes < 40
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
        assert processes > 3
        assert set(images(cluster).values()) == {"app:v2"}
        assert rollout.witness.fewest >= 1
        assert rotation is Rotation.LABEL or rollout.witness.unproven == []
        after = cluster.get(STATEFULSETS, "web")
        assert spec_of(after) == spec_of(before)
        assert not after["metadata"].get("annotations")
        assert cluster.get(SERVICES, "web")["spec"] == service
        assert all("poolroll.dev/in" not in pod["metadata"]["labels"] for pod in cluster.all(PODS))


async def test_killed_on_the_way_back(tmp_path: Path) -> None:
    """The first pod of v2 is bad; whoever comes next brings it back, and all that was moved."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    bad = frozenset({"app:v2"})
    async with pods_of(manifests.statefulset(replicas=2), count=2) as cluster:
        before = cluster.get(STATEFULSETS, "web")
        rollout = Rollout(cluster, tmp_path, policies=policies, bad=bad)
        state, processes = None, 0
        while state is None:
            state = await killed_after(rollout, 2 + processes % 2, is_new=processes == 0)
            processes += 1
            assert processes < 40
        assert ended(state).outcome is Outcome.HALTED, (ended(state), rollout.told)
        assert set(images(cluster).values()) == {"app:v1"}
        assert rollout.witness.fewest >= 1
        assert await killed_after(rollout, 2, is_new=False, first=ABORT) is not None
        assert cluster.get(STATEFULSETS, "web")["spec"] == before["spec"]

"""A new pod is kept out by a write of its own, which may be late: it undoes nothing after it."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.kubernetes.pod import NEW, OUT
from adapters.kubernetes.pods.live import NOW, Identity
from controller.core.outcome import Outcome
from controller.core.steps import SetMember
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import Rollout, ended, phases
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of, pool_on
from tests.support.kubernetes import manifests
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import PODS, Json
from tests.support.kubernetes.requests import Call
from tests.support.waiting import until

COUNT = 3


def how(call: Call) -> object:
    """What a write notes of a pod that is out; None: that it is back; empty: another call."""
    if call.kind is not PODS or call.verb != "patch":
        return ""
    return call.body().get("metadata", {}).get("annotations", {}).get(OUT, "")


@pytest.mark.parametrize("rotation", [Rotation.SELECTOR, Rotation.LABEL])
async def test_late(rotation: Rotation, tmp_path: Path) -> None:
    """The API takes it only after the rollout has asked for more, or even let the pod in."""
    manner = Manner(boot=0.1, ends=0.15)
    async with pods_of(manifests.deployment(replicas=COUNT), count=COUNT, manner=manner) as cluster:
        manner.waits = 60  # until it is kept out, which this test makes late
        _, go_on = cluster.faults.hold(lambda call: how(call) == NEW)
        let_in = cluster.faults.add(lambda call: how(call) is None, lambda call: None, after=True)
        rollout = Rollout(cluster, tmp_path, replace(POOL, rotation=rotation))

        async def late() -> None:
            await until(lambda: rollout.intended(SetMember), what="the new pod to be set")
            with suppress(TimeoutError):
                await asyncio.wait_for(let_in.first.wait(), 0.5)
            go_on.set()

        state, _ = await asyncio.gather(rollout.run(), late())
        assert ended(state).outcome is Outcome.DONE, (ended(state), phases(state))
        assert list(images(cluster).values()) == ["app:v2"] * COUNT
        assert rollout.witness.unproven == []
        assert set(phases(state).values()) == {"done"}


@pytest.mark.parametrize("late", [1, 2], ids=["whether it is held", "whose pods they are"])
async def test_put_back_while_it_is_asked_about(
    late: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that meets a pool that was prepared keeps new pods out; but not once it has put it
    back itself, by an answer from before."""
    async with pods_of(manifests.deployment(replicas=COUNT), count=COUNT) as cluster:
        async with pool_on(cluster, tmp_path) as former:
            kept = await former.open()
        async with pool_on(cluster, tmp_path) as pool:
            ground, live, asked = pool._ground, pool._live, 0
            await ground.turn()  # which asks, too
            workload = live.workload

            async def answered_late(identity: Identity, within: timedelta = NOW) -> Json:
                nonlocal asked
                asked += 1
                found = await workload(identity, within)
                if asked == late:
                    monkeypatch.setattr(live, "workload", workload)
                    await pool.close(kept)
                return found

            monkeypatch.setattr(live, "workload", answered_late)
            await ground.arm_if_held()
            assert asked == late
            assert not ground.flips.is_armed

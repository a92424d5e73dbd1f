"""Whole rollouts over the pods of a Deployment: v1 to v2, as users and the cluster see them."""

from dataclasses import replace
from pathlib import Path

import pytest

from controller.core.outcome import Outcome
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import Rollout, ended, phases, spec_of
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of
from tests.support.kubernetes import manifests
from tests.support.kubernetes.kinds import DEPLOYMENTS, PODS, SERVICES


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR])
async def test_deployment(rotation: Rotation, tmp_path: Path) -> None:
    """Never fewer than five serve; nobody met a pod unproven; all that was moved is back."""
    async with pods_of(manifests.deployment(replicas=5), count=5) as cluster:
        before = cluster.get(DEPLOYMENTS, "web")
        service = cluster.get(SERVICES, "web")["spec"]
        rollout = Rollout(cluster, tmp_path, replace(POOL, rotation=rotation))
        state = await rollout.run()
        assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told, phases(state))
        assert list(images(cluster).values()) == ["app:v2"] * 5
        assert rollout.witness.fewest == 5
        assert rollout.witness.unproven == []
        after = cluster.get(DEPLOYMENTS, "web")
        assert spec_of(after) == spec_of(before)
        assert "poolroll" not in str(after["metadata"].get("annotations"))
        assert cluster.get(SERVICES, "web")["spec"] == service
        assert all("poolroll.dev/in" not in pod["metadata"]["labels"] for pod in cluster.all(PODS))
        assert rollout.writes() <= (8 if rotation is Rotation.LABEL else 10) * 5
        assert set(phases(state).values()) == {"done"}

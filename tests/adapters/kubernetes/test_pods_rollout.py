"""Whole rollouts over the pods of a StatefulSet: v1 to v2, as users and the cluster see them."""

from dataclasses import replace
from pathlib import Path

import pytest

from controller.core.outcome import Outcome
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_rollout import Rollout, ended, phases, spec_of
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of
from tests.support.kubernetes import manifests
from tests.support.kubernetes.kinds import PODS, SERVICES, STATEFULSETS, Json

ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}


@pytest.mark.parametrize("rotation", [Rotation.LABEL, Rotation.SELECTOR])
@pytest.mark.parametrize("strategy", [{}, ON_DELETE], ids=["RollingUpdate", "OnDelete"])
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
        assert rollout.writes() <= (5 if rotation is Rotation.LABEL else 7) * 3 + 4
        assert set(phases(state).values()) == {"done"}

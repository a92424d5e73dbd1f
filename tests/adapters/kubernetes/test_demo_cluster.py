"""The pool of `demo --kubernetes`: there, ready, and gone again."""

from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.demo.cluster import demo_file, demo_namespace
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from controller.config import load
from controller.pools.kubernetes import Cluster, PodPool
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import NAMESPACES, PODS


async def test_made_and_removed(tmp_path: Path) -> None:
    """Also when what is done in it fails."""
    async with FakeCluster() as cluster:
        clock = SystemClock()
        api = Api(access_of(kubeconfig=str(cluster.kubeconfig(tmp_path))), clock)
        before = len(cluster.all(NAMESPACES))

        async def fail() -> None:
            async with demo_namespace(api, clock, 2, "app:v1") as name:
                assert len(cluster.all(PODS, name)) == 2
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        await api.aclose()
        await cluster.settled()
        assert len(cluster.all(NAMESPACES)) == before


@pytest.mark.parametrize("is_bad", [False, True])
def test_its_rollout_file(is_bad: bool, tmp_path: Path) -> None:
    file = load(demo_file(tmp_path, "demo-1", "prod", "", is_bad=is_bad))
    pool = file.settings.pool
    assert isinstance(pool, PodPool)
    assert (pool.cluster, pool.service) == (Cluster("prod", namespace="demo-1"), "web")
    assert pool.template is not None
    assert pool.template["metadata"] == {"annotations": {"version": "v2"}}
    assert ("spec" in pool.template) is is_bad

"""The pool of `demo --kubernetes`: there, ready, and gone again."""

import os
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import processes
from adapters.demo.cluster import demo_file, demo_namespace
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.paths import NAMESPACES as SPACES
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


async def test_what_a_killed_demo_left(tmp_path: Path) -> None:
    """The next one of this machine removes it; what still runs, or is of another machine, stays."""
    async with FakeCluster() as cluster:
        clock = SystemClock()
        api = Api(access_of(kubeconfig=str(cluster.kubeconfig(tmp_path))), clock)
        here, own = processes.machine(), os.getpid()
        for name, process in {
            "killed": f"{own} 1 {here}",
            "lives": f"{own} {processes.start_of(own)} {here}",
            "elsewhere": f"{own} 1 another/machine",
            "unknown": "",
        }.items():
            meta = {
                "name": name,
                "labels": {"app.kubernetes.io/managed-by": "poolroll-demo"},
                "annotations": {"poolroll.io/demo-process": process},
            }
            await api.create(SPACES, {"metadata": meta})
        async with demo_namespace(api, clock, 1, "app:v1"):
            await cluster.settled()
            names = {one["metadata"]["name"] for one in cluster.all(NAMESPACES)}
        await api.aclose()
    assert "killed" not in names
    assert names >= {"lives", "elsewhere", "unknown"}


@pytest.mark.parametrize("is_bad", [False, True])
def test_its_rollout_file(is_bad: bool, tmp_path: Path) -> None:
    file = load(demo_file(tmp_path, "demo-1", "prod", "", is_bad=is_bad))
    pool = file.settings.pool
    assert isinstance(pool, PodPool)
    assert (pool.cluster, pool.service) == (Cluster("prod", namespace="demo-1"), "web")
    assert pool.template is not None
    assert pool.template["metadata"] == {"annotations": {"version": "v2"}}
    assert ("spec" in pool.template) is is_bad

"""Nothing that happens to the pods of a pool is slept through."""

import asyncio
from pathlib import Path

from tests.adapters.kubernetes.pods_stage import pods_of, pool_on
from tests.support.kubernetes import manifests
from tests.support.kubernetes.kinds import PODS


async def test_what_a_write_has_seen_is_still_news_for_a_look(tmp_path: Path) -> None:
    """Every reader waits for what it has not seen itself."""
    async with (
        pods_of(manifests.statefulset(), count=3) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        assert cluster.kubelet is not None
        (instance,) = balancer.instances
        await balancer.look(instance, None)
        cluster.kubelet.make_unready("web-0")
        async with asyncio.timeout(20):
            await balancer.changed(instance)
            await cluster.settled()
            await balancer.begin_return("web-2")
            await balancer.changed(instance)


async def test_what_no_look_would_show_wakes_none(tmp_path: Path) -> None:
    """Nor is anything asked for that; what a write of ours has changed is known at once."""
    async with (
        pods_of(manifests.statefulset(), count=3) as cluster,
        pool_on(cluster, tmp_path) as balancer,
    ):
        (instance,) = balancer.instances
        await balancer.look(instance, None)
        waiting = asyncio.create_task(balancer.changed(instance))
        await cluster.settled()
        asked = len(cluster.faults.log)
        cluster.change(PODS, "web-1", lambda pod: pod["metadata"].update(annotations={"a": "b"}))
        await cluster.settled()
        assert not waiting.done()
        assert len(cluster.faults.log) <= asked + 1  # whether the workload is held
        await balancer.drain("web-2")
        before = len(cluster.faults.log)
        await balancer.take_out("web-2")
        assert not [call for call in cluster.faults.log[before:] if call.is_write]
        async with asyncio.timeout(20):
            await waiting

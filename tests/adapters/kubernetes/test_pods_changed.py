"""Nothing that happens to the pods of a pool is slept through."""

import asyncio
from pathlib import Path

from tests.adapters.kubernetes.pods_stage import pods_of, pool_on
from tests.support.kubernetes import manifests


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

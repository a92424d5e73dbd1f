"""A look takes several requests, and is never put together of before and after a write of ours."""

import asyncio
from dataclasses import replace
from pathlib import Path

from controller.core.pool import Admin
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_stage import POOL, pods_of, pool_on
from tests.support.kubernetes import manifests
from tests.support.kubernetes.kinds import SERVICES


async def test_service_is_read_before_its_selector_is_restored(tmp_path: Path) -> None:
    """The labels go after that: by the former selector, pods without one would be out."""
    pool = replace(POOL, rotation=Rotation.SELECTOR)
    async with (
        pods_of(manifests.statefulset(replicas=2), count=2) as cluster,
        pool_on(cluster, tmp_path, pool) as balancer,
    ):
        (instance,) = balancer.instances
        kept = await balancer.open(None)
        read, go_on = cluster.faults.hold(
            lambda call: call.kind is SERVICES and call.verb == "get", after=True
        )
        looking = asyncio.create_task(balancer.look(instance, None))
        await read.first.wait()
        await balancer.close(kept)
        go_on.set()
        view = await looking
    assert {line.admin for line in view.lines} == {Admin.READY}
    assert not any(line.is_new for line in view.lines)

"""The pods behind a Service keep the contract that every load balancer keeps."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_stage import POOL, pods_of, pool_on
from tests.support.balancer_contract import BalancerContract, Stage
from tests.support.kubernetes import manifests


class TestPods(BalancerContract):
    @pytest.fixture(params=[Rotation.LABEL, Rotation.SELECTOR])
    async def stage(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
        pool = replace(POOL, rotation=request.param)
        async with (
            pods_of(manifests.statefulset(replicas=2), count=2) as cluster,
            pool_on(cluster, tmp_path, pool) as balancer,
        ):
            if request.param is Rotation.SELECTOR:
                await balancer.open(None)
            yield Stage(
                balancer,
                SystemClock(),
                ("web",),
                ("web-1", "web-0"),
                pauses=False,
                weighs=False,
                cuts=False,
                lags=True,
            )

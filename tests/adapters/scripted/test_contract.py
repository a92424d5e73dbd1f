"""A pool that scripts reach keeps the contract that every load balancer keeps."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.scripted import ScriptedBalancer
from controller.pools.scripted import BACKEND
from tests.adapters.scripted.scripts import MEMBERS, pool_in
from tests.support.balancer_contract import BalancerContract, Stage


class TestHosts(BalancerContract):
    @pytest.fixture
    async def stage(self, tmp_path: Path) -> AsyncIterator[Stage]:
        clock = SystemClock()
        commands = LocalCommands(tmp_path / "jobs", clock)
        balancer = ScriptedBalancer(pool_in(tmp_path), commands, clock)
        yield Stage(
            balancer, clock, (BACKEND,), MEMBERS, pauses=False, weighs=False, cuts=False, lags=True
        )
        await balancer.aclose()

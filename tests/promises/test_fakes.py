"""The fake load balancer keeps the contract that the real one keeps."""

from datetime import timedelta

import pytest

from tests.support.balancer_contract import BalancerContract, Stage
from tests.support.fakes import FakeLoadBalancer
from tests.support.scenarios import ms
from tests.support.sim import STEP, make_sim
from tests.support.virtual import LoopClock


class TestFake(BalancerContract):
    @pytest.fixture(params=[("lb1",), ("lb1", "lb2")], ids=["one", "two"])
    async def stage(self, request: pytest.FixtureRequest) -> Stage:
        clock = LoopClock()
        sim = make_sim(2, instances=request.param, backends=("web", "api"))
        sim.inter, sim.traffic.stops_at = ms(20), timedelta(0)
        sim.now = clock.now() - clock.now() % STEP
        balancer = FakeLoadBalancer(sim, clock)
        return Stage(balancer, clock, ("web", "api"), tuple(sim.apps))

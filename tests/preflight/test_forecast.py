"""How the traffic is measured for the forecast, and when the pool is watched meanwhile."""

from dataclasses import dataclass
from typing import Any

import pytest

from controller.core.plan.abilities import Abilities
from controller.core.plan.propose import Proposal
from controller.core.pool import Instant
from controller.preflight.forecast import BRIEF_LOOK, Forecast, forecast
from controller.preflight.survey import PoolSurvey
from tests.support.fakes import FakeLoadBalancer
from tests.support.plays import make_plan
from tests.support.scenarios import Scenario, ms
from tests.support.virtual import LoopClock, run_virtually

WARM_UP = ms(500)
TRAFFIC = 50
"""Requests per second in the simulation."""


@dataclass
class Measured:
    began: Instant
    ahead: Forecast
    looks: list[tuple[Instant, bool]]
    """When the pool was looked at, and whether as a whole."""


def measured(asked: int = 0, counts: bool = True, **options: Any) -> Measured:
    """`asked`: milliseconds after which hosts and gates had been asked."""

    async def measure() -> Measured:
        scenario, clock, looks = Scenario(), LoopClock(), list[tuple[Instant, bool]]()
        world = scenario.world()

        class Watched(FakeLoadBalancer):
            async def look(self, instance: str, members: Any, **more: Any) -> Any:
                looks.append((clock.now() - began, members is None))
                return await super().look(instance, members, **more)

        balancer = Watched(world.sim, clock)
        world.sim.advance(clock.now())
        plan = await make_plan(scenario, world)
        began = clock.now()
        views = (await balancer.look("lb1", None),)
        if asked:
            await clock.sleep(began + ms(asked) - clock.now())
        file: Any = None
        proposal = Proposal(plan, (), ())
        found = PoolSurvey(file, views, Abilities(counts=counts), {}, {}, proposal)
        ahead = await forecast(found, plan, balancer, clock, during=BRIEF_LOOK, **options)
        return Measured(began, ahead, looks)

    return run_virtually(measure(), WARM_UP)


@pytest.mark.parametrize(
    ("options", "looks"),
    [
        ({}, [(0, True), (300, False)]),
        ({"is_watched": True}, [(0, True), (100, True), (200, True), (300, True)]),
        (
            {"is_watched": True, "asked": 150},
            [(0, True), (150, True), (250, True), (300, True)],
        ),
        ({"is_watched": True, "asked": 900}, [(0, True), (900, True)]),
        ({"asked": 900}, [(0, True), (900, False)]),
        ({"is_watched": True, "counts": False}, [(0, True), (300, False)]),
    ],
)
def test_looks_of_the_forecast(options: dict[str, Any], looks: list[tuple[int, bool]]) -> None:
    """Requests are counted over a while; where the run begins right afterwards, the whole pool is
    looked at meanwhile, so that its traffic need not be watched again."""
    found = measured(**options)
    assert found.looks == [(ms(when), is_full) for when, is_full in looks]
    is_kept = options.get("is_watched", False) and options.get("counts", True)
    kept = [view.at - found.began for view in found.ahead.seen]
    assert kept == ([ms(when) for when, _ in looks] if is_kept else [])
    assert found.ahead.traffic.pool == pytest.approx(TRAFFIC, rel=0.3)

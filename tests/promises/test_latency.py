"""Gates on response times: a slow version stops at the first member, noise stops nobody (S6)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import exp
from random import Random

import pytest

from controller.core.events import GateSampled, Halted, Verdict
from controller.core.gates.gate import Scope, TimingGate
from controller.core.pool import Admin
from tests.promises.beats import ended
from tests.support.plays import Played, play
from tests.support.scenarios import MEMBER_GATE, QUICK, Scenario, World, ms
from tests.support.sim import App, make_sim

LATENCY = TimingGate("latency", Scope.MEMBER, every=ms(200), hold=ms(1500), failures=2)
TIMED = replace(QUICK, soak=ms(4000), gates=(MEMBER_GATE, LATENCY))
Times = Callable[[App, int], float]


def timed(times: Times, members: int = 3) -> Played:
    """A rollout whose load balancer says how long requests take."""

    def prepare(world: World) -> None:
        world.sim.traffic.times = times
        world.sim.traffic.gap = ms(10)

    return play(Scenario(TIMED, partial(make_sim, members), prepare))


def by_version(app: App, number: int) -> float:
    return (300 if app.version == "v2" else 5) + number % 7


def noisy(random: Random) -> Times:
    """However unevenly requests take their time, and whatever happens to all of them at once."""
    return lambda app, number: 5 * exp(random.gauss(0, 1.2)) + 400 * (random.random() < 0.02)


def test_a_slow_version_stops_at_the_first_member() -> None:
    """No request fails; it is out again, and the others keep what they have."""
    played = timed(by_version)
    ended(played, "halted", 4)
    (halt,) = played.told(Halted)
    assert (halt.member, halt.gate) == ("web1", "latency")
    assert [one.admin for one in played.world.sim.instances["lb1"].of("web1")] == [Admin.OUT]
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}


@pytest.mark.parametrize("seed", range(3))
def test_noise_stops_nobody(seed: int) -> None:
    played = timed(noisy(Random(seed)))
    ended(played, "done", 0)
    compared = [one for one in played.told(GateSampled) if one.gate == "latency" and one.baseline]
    assert {one.member for one in compared} == {"web1", "web2", "web3"}
    assert Verdict.FAIL not in {one.verdict for one in compared}

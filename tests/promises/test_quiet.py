"""A pool without users: judged by requests of our own, passed, or halted, as the file says (S5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Halted
from controller.core.gates.quiet import OWN, Quiet
from controller.core.pool import Admin
from controller.core.state.probed import DOUBT
from tests.promises.beats import bad_v2, ended
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Scenario, World, ms
from tests.support.sim import make_sim

THREE = partial(make_sim, 3)


def night(quiet: Quiet, prepare: Callable[[World], None] = lambda world: None) -> Scenario:
    """Nobody comes."""

    def asleep(world: World) -> None:
        prepare(world)
        world.sim.traffic.stops_at = timedelta(0)

    return Scenario(replace(QUICK, soak=ms(1200), quiet=quiet), THREE, asleep)


def is_first_alone_out(played: Played) -> bool:
    lines = {line.app.name: line.admin for _, line in played.world.sim.every_line()}
    return lines == {"web1": Admin.OUT, "web2": Admin.READY, "web3": Admin.READY}


@pytest.mark.parametrize("quiet", [Quiet.PROBE, Quiet.THROUGH, Quiet.PASS])
def test_a_good_version_goes_through(quiet: Quiet) -> None:
    played = play(night(quiet))
    ended(played, "done", 0)
    assert set(played.versions().values()) == {"v2"}
    for app in played.world.sim.apps.values():  # users, or what load balancers take for them
        assert len(app.history) >= OWN if quiet is Quiet.THROUGH else not app.history


@pytest.mark.parametrize("quiet", [Quiet.PROBE, Quiet.THROUGH])
def test_a_bad_version_is_stopped_by_requests_of_our_own(quiet: Quiet) -> None:
    """As users would have: it is out, and nobody else is touched."""
    played = play(night(quiet, bad_v2()))
    ended(played, "halted", 4)
    (halt,) = played.told(Halted)
    assert "no user came; of our own requests, " in halt.seen
    assert is_first_alone_out(played)
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}


def test_without_a_word_on_it_nothing_goes_unjudged() -> None:
    played = play(night(Quiet.HALT))
    ended(played, "halted", 4)
    assert "no request yet" in played.told(Halted)[0].seen
    assert played.versions()["web2"] == "v1"


ASTRAY = [
    lambda member, number: "web3",
    lambda member, number: None,
    lambda member, number: member if number % 4 else "web3",
]
"""Pins that lead to another member, to none, and now and then to another one."""


@pytest.mark.parametrize("pin", ASTRAY)
@pytest.mark.parametrize("prepare", [lambda world: None, bad_v2()])
def test_a_pin_that_leads_elsewhere_lets_nobody_pass(
    pin: Callable[[str, int], str | None], prepare: Callable[[World], None]
) -> None:
    """However long it takes, and whatever is met there."""

    def astray(world: World) -> None:
        prepare(world)
        world.sim.traffic.pin = pin

    played = play(night(Quiet.THROUGH, astray))
    ended(played, "halted", 4)
    (halt,) = played.told(Halted)
    is_met = played.world.sim.apps["web1"].errors.get("v2", 0) >= 3
    assert is_met or "the pin does not work" in halt.seen
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}


@pytest.mark.parametrize("gap", [30, 170, 900])
def test_few_users_beside_requests_of_our_own(gap: float) -> None:
    """Nobody passes by two requests or three; and what users meet counts, however many there are of
    our own."""

    def few(world: World) -> None:
        world.sim.traffic.gap = ms(gap)

    def fails_users(world: World) -> None:
        few(world)
        world.sim.traffic.fails = lambda app, number: app.version == "v2" and number % 3 == 2

    good = play(Scenario(replace(QUICK, soak=ms(1200), quiet=Quiet.THROUGH), THREE, few))
    ended(good, "done", 0)
    assert all(sum(app.requests.values()) >= DOUBT for app in good.world.sim.apps.values())
    bad = play(Scenario(replace(QUICK, soak=ms(1200), quiet=Quiet.THROUGH), THREE, fails_users))
    ended(bad, "halted", 4)
    assert bad.versions()["web2"] == "v1"


@pytest.mark.parametrize("quiet", [Quiet.PROBE, Quiet.THROUGH])
def test_goes_on_after_a_kill(quiet: Quiet) -> None:
    """Judged anew, by as many requests: what a process had sent is gone with it."""
    scenario = night(quiet)
    _, cuts = film(scenario)
    for cut in cuts[::14]:
        done = play_on(scenario, cut.world, at=cut.at)
        ended(done, "done", 0)
        assert set(done.versions().values()) == {"v2"}

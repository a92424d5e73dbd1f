"""A pool without users: judged by requests of our own, passed, or halted, as the file says (S5)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Halted
from controller.core.gates.quiet import Quiet
from controller.core.pool import Admin
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


@pytest.mark.parametrize("quiet", [Quiet.PROBE, Quiet.PASS])
def test_a_good_version_goes_through(quiet: Quiet) -> None:
    played = play(night(quiet))
    ended(played, "done", 0)
    assert set(played.versions().values()) == {"v2"}
    assert all(not app.history for app in played.world.sim.apps.values())


def test_a_bad_version_is_stopped_by_requests_of_our_own() -> None:
    """As users would have: it is out, and nobody else is touched."""
    played = play(night(Quiet.PROBE, bad_v2()))
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


def test_goes_on_after_a_kill() -> None:
    """Judged anew, by as many requests: what a process had sent is gone with it."""
    scenario = night(Quiet.PROBE)
    _, cuts = film(scenario)
    for cut in cuts[::14]:
        done = play_on(scenario, cut.world, at=cut.at)
        ended(done, "done", 0)
        assert set(done.versions().values()) == {"v2"}

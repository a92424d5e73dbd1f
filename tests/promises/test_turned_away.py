"""Load balancers that turn users away when a member is missing: the pool falls quiet."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Cause, Halted, ResumeRequested
from controller.core.phases import Phase
from controller.core.settings import Amount
from controller.core.steps import RunStep
from tests.promises.beats import at, ended, later
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import QUICK, Scenario, World, ms
from tests.support.sim import Sim, Traffic, make_sim

THREE = partial(make_sim, 3)


def scenario(traffic: Traffic) -> Scenario:
    def prepare(world: World) -> None:
        world.sim.tells_rates = True
        world.sim.traffic = replace(traffic)

    return Scenario(sim=THREE, prepare=prepare)


def halted(played: Played, words: str) -> None:
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.TRAFFIC]
    assert words in played.end.why
    assert not [line for _, line in played.world.sim.every_line() if not line.serves]


@pytest.mark.parametrize(
    ("traffic", "words", "most"),
    [
        (Traffic(turned_away_below=3), "users still come to the load balancer", 100),
        (Traffic(turned_away_below=3, turned_away_well=False), "lb1 fails", 60),
        (Traffic(turned_away_below=3, leaves_after=ms(0)), "requests in 5s reach web at lb1", 0),
    ],
    ids=["elsewhere", "with errors", "no more users"],
)
@pytest.mark.parametrize("watched", [0, 400], ids=["", "watched before the run"])
def test_users_turned_away(traffic: Traffic, words: str, most: int, watched: int) -> None:
    """The member goes back at once, before its upgrade has begun."""
    played = play(replace(scenario(traffic), watched=ms(watched)))
    halted(played, words)
    assert not played.steps("web1", RunStep)
    assert played.phases()["web1"] == "waiting"
    assert played.world.sim.turned_away <= most


@pytest.mark.parametrize("traffic", [Traffic(), Traffic(ms(500))], ids=["busy", "quiet"])
def test_pool_that_gets_its_traffic_or_has_none(traffic: Traffic) -> None:
    """Nothing is held up for long: a busy pool is watched for a moment, a quiet one not at all."""
    played = play(scenario(traffic))
    ended(played, "done", 0)
    plain = play(Scenario(sim=THREE))
    assert played.took - plain.took <= timedelta(seconds=4)


def test_traffic_watched_before_the_run_is_not_watched_again() -> None:
    """The first member is taken out as much sooner."""
    plain, early = (play(replace(scenario(Traffic()), watched=ms(one))) for one in (0, 400))
    for played in (plain, early):
        ended(played, "done", 0)
    assert ms(300) <= plain.took - early.took <= ms(500)


def turn_away(sim: Sim) -> None:
    sim.traffic.turned_away_below = 3


def test_users_turned_away_while_it_is_upgraded() -> None:
    """A check in front may take seconds: the step ends, and the member comes back validated, since
    it is missed."""
    beats = at("web1", Phase.UPGRADING, later(ms(500), turn_away))
    long = replace(scenario(Traffic()), step_time=ms(3000), step_timeout=ms(20_000))
    played = play(replace(long, beats=beats))
    halted(played, "users still come to the load balancer")
    assert played.phases() == {"web1": "kept", "web2": "waiting", "web3": "waiting"}
    assert played.versions()["web1"] == "v2"


def test_second_member_out_may_be_one_too_many() -> None:
    """What was borne out with one member out is asked again with two."""
    policies = replace(QUICK, max_unavailable=Amount(2))
    played = play(replace(scenario(Traffic(turned_away_below=2)), policies=policies))
    ended(played, "halted", 5)
    assert {halt.cause for halt in played.told(Halted)} == {Cause.TRAFFIC}


def test_operator_who_goes_on() -> None:
    """Has decided: it is not judged again."""
    begun = scenario(Traffic(turned_away_below=3))
    played = play(begun)
    again = play_on(begun, played.world, ResumeRequested("me", "they may wait", 1))
    ended(again, "done", 0)

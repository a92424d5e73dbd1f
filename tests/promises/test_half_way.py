"""Half-way back into rotation a member is capacity: an end that comes then asks the floor (S2)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount
from controller.records import Verb
from controller.runner.loop import Runner
from tests.promises.beats import at, request, signal
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Act, Scenario, World, ms
from tests.support.sim import make_sim

SMALL = replace(QUICK, min_available=Amount(1), soak=ms(250))
two_behind_two = partial(make_sim, 2, instances=("lb1", "lb2"))


def the_other_dies(then: Act) -> Act:
    """While web2 comes back, and lb2 does not have it healthy yet, web1 dies; then all ends."""

    def act(world: World, runner: Runner) -> None:
        world.sim.down("web1")
        for instance, line in world.sim.every_line("web2"):
            if instance.name == "lb2":
                line.up, line.successes = False, 0
        then(world, runner)

    return act


def moves_away(world: World, runner: Runner) -> None:
    world.sim.move("web2", "lb2")


def goes_on(world: World, runner: Runner) -> None:
    """web1 fails in its own soak, which halts the rollout."""


ENDS: dict[str, tuple[Act, tuple[int, ...]]] = {
    "halt over another one": (goes_on, (0, 5)),
    "halt over itself": (moves_away, (5,)),
    "one signal": (signal(), (7,)),
    "a second signal": (signal(2), (7,)),
    "abort": (request(Verb.ABORT), (7,)),
    "abort --restore": (request(Verb.ABORT_RESTORE), (7,)),
}


def scenario(then: Act, phase: Phase = Phase.RETURNING) -> Scenario:
    policies = replace(SMALL, max_unavailable=Amount(1))
    return Scenario(policies, two_behind_two, beats=at("web2", phase, the_other_dies(then)))


def serving(played: Played) -> bool:
    """Whether somebody serves at lb1, where web2 was in rotation and healthy throughout."""
    return any(
        line.admin is Admin.READY and line.up
        for line in played.world.sim.instances["lb1"].lines.values()
    )


@pytest.mark.parametrize("name", ENDS)
def test_the_last_one_stays(name: str) -> None:
    """However it ends, the last one that serves is not taken out."""
    then, codes = ENDS[name]
    played = play(scenario(then))
    assert played.broken == []
    assert played.end.exit_code in codes
    assert serving(played), played.state.members["web2"].why


@pytest.mark.parametrize("name", ENDS)
def test_killed_anywhere(name: str) -> None:
    """Nor by the process that goes on where another one was killed (S7)."""
    then, _ = ENDS[name]
    whole = scenario(then)
    for number, cut in enumerate(film(whole)[1][::3]):
        away = ms(40) if number % 2 else ms(2500)
        played = play_on(whole, cut.world, after=away, at=cut.at)
        assert played.broken == [], cut.label
        assert serving(played), cut.label


Prepare = Callable[[World], None]


@pytest.mark.parametrize("phase", [Phase.CHECKING, Phase.RETURNING])
def test_with_room_it_may_go(phase: Phase) -> None:
    """Where the others suffice, a second signal still leaves nobody half-way in rotation."""
    three = partial(make_sim, 3, instances=("lb1", "lb2"))

    def act(world: World, runner: Runner) -> None:
        for instance, line in world.sim.every_line("web2"):
            line.up = line.up and instance.name == "lb1"
        signal(2)(world, runner)

    played = play(Scenario(SMALL, three, beats=at("web2", phase, act)))
    assert played.broken == []
    assert (played.end.exit_code, played.phases()["web2"]) == (7, "out")

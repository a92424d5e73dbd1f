"""`resume` after a halt: what ended well is not repeated (S7), and what was not proven is kept from
users at once, whatever happened to the load balancers meanwhile (S4)."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import ResumeRequested
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.steps import RunStep, Setting, Validate
from tests.promises.beats import Like, at, bad_v2, both, ended, reload_one, scripted
from tests.support.fakes import Script
from tests.support.plays import Cut, Played, film_on, kinds, play, play_on, sparse
from tests.support.scenarios import QUICK, Scenario, World, ms
from tests.support.sim import make_sim

THREE = partial(make_sim, 3)
RESUME = ResumeRequested("operator", "mended")
SHORT = replace(QUICK, soak=ms(250))


def not_valid_at_first(scenario: Scenario) -> tuple[Played, Scenario]:
    """web1 fails its validation after its steps ended well; then it is mended."""
    halted = play(replace(scenario, faulty=("v2",)))
    ended(halted, "halted", 5)
    assert halted.phases()["web1"] == "failed"
    return halted, scenario


def attempts(played: Played, member: str = "web1") -> list[tuple[int, int]]:
    return [(step.index, step.attempt) for step in played.steps(member, RunStep)]


@both
@pytest.mark.parametrize("has_guard", [False, True])
def test_validated_anew(has_guard: bool, like: Like) -> None:
    """Its step ended well: it is validated once more, and returned."""
    halted, scenario = not_valid_at_first(like(Scenario(SHORT, THREE, has_guard=has_guard)))
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert attempts(done) == [(0, 0)]
    assert len(done.steps("web1", Validate)) == 2


def test_the_step_that_failed_runs_again() -> None:
    """The one before it, which ended well, does not."""
    prepare = scripted(Script(exit_code=1, version=None), Script(), step="1")
    scenario = Scenario(SHORT, THREE, prepare, steps=2)
    halted = play(scenario)
    ended(halted, "halted", 5)
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert attempts(done) == [(0, 0), (1, 0), (1, 1)]


def test_failed_under_users_and_taken_up_again() -> None:
    """Taken out by its gate: what failed is mended, not installed a second time."""
    scenario = Scenario(SHORT, THREE, bad_v2())
    halted = play(scenario)
    ended(halted, "halted", 4)
    halted.world.sim.traffic.fails = lambda app, number: False
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert attempts(done) == [(0, 0)]


def test_unless_decides_when_what_was_done_is_gone() -> None:
    """Brought back to the former version by hand: all its steps run again."""
    halted, scenario = not_valid_at_first(Scenario(SHORT, THREE, has_guard=True))
    halted.world.sim.apps["web1"].version = "v1"
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert [index for index, _ in attempts(done)] == [0, 0]


def test_another_one_in_its_place() -> None:
    """What ended well was done to one that is gone: the steps run again, and the log says so."""
    halted, scenario = not_valid_at_first(Scenario(SHORT, THREE))
    halted.world.sim.move("web1")
    halted.world.sim.apps["web1"].version = "v1"
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert [index for index, _ in attempts(done)] == [0, 0]


# --- put back while no process watched ----------------------------------------------------------


def with_a_cookie(world: World) -> None:
    world.sim.traffic.sticky["web1"] = ms(60_000)


STICKY = Scenario(SHORT, THREE, with_a_cookie, sticky=("web",))


def reloaded(scenario: Scenario = STICKY) -> tuple[Played, Scenario]:
    """web1 failed its validation, a reload put it back, and nobody has watched."""
    halted, scenario = not_valid_at_first(scenario)
    halted.world.sim.advance(halted.world.sim.now + ms(300))
    halted.world.sim.reload("lb1")
    return halted, scenario


def test_reloaded_before_the_resume() -> None:
    """It goes to maintenance at once: clients with its cookie do not meet it for `sticky` (S4)."""
    halted, scenario = reloaded()
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert done.settings("web1").count(Setting.DRAIN) == 1
    assert attempts(done) == [(0, 0)]


def test_reloaded_before_the_resume_and_killed_anywhere() -> None:
    """Whoever goes on keeps it from users (S4, S7)."""
    halted, scenario = reloaded()
    cut = Cut("halted", halted.world, halted.world.sim.now)
    whole, cuts = film_on(scenario, cut, RESUME)
    ended(whole, "done", 0)
    cuts = [one for one in cuts if "ResumeRequested" in kinds(one)]
    for number, later in enumerate(sparse(cuts, lambda one: "SoakEnded" in kinds(one))):
        away = ms(40) if number % 2 else ms(2500)
        played = play_on(scenario, later.world, after=away, at=later.at)
        ended(played, "done", 0)
        assert attempts(played) == [(0, 0)], later.label


@pytest.mark.parametrize("phase", [Phase.ASKING, Phase.DUE])
def test_reloaded_while_it_waits(phase: Phase) -> None:
    """Also when the reload comes before its turn."""
    halted, scenario = not_valid_at_first(replace(STICKY, has_guard=True))
    meanwhile = replace(scenario, beats=at("web1", phase, reload_one))
    halted.world.fired.clear()
    done = play_on(meanwhile, halted.world, RESUME)
    ended(done, "done", 0)
    assert done.settings("web1").count(Setting.DRAIN) == 1


def test_the_floor_comes_first() -> None:
    """When the others are too few, it is left in rotation (S2), and the rollout halts."""
    halted, scenario = reloaded()
    halted.world.sim.down("web2")
    done = play_on(scenario, halted.world, RESUME, after=ms(1000))
    ended(done, "halted", 5)
    assert done.world.sim.instances["lb1"].of("web1")[0].admin is Admin.READY

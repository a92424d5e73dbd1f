"""A patch day with a dead box: it is skipped as it was found, and holds nobody up; never more than
the budget, and never at the cost of the floor."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Answer, GuardAnswered, MemberCalled, MemberLeft
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, Order
from tests.promises.beats import ended
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Scenario, World, ms
from tests.support.sim import make_sim

FIVE = partial(make_sim, 5)
SKIPPING = replace(QUICK, soak=ms(250), skips=Amount(1))


def dead(*names: str, is_down: bool = True) -> Callable[[World], None]:
    """Nobody answers there; `is_down`: neither do its users get anything."""

    def prepare(world: World) -> None:
        for name in names:
            world.workshop.guards[name] = [255]
            world.sim.apps[name].answers = not is_down
        world.sim.advance(ms(400))  # the balancers have noticed

    return prepare


def patch_day(*names: str, is_down: bool = True) -> Scenario:
    return Scenario(SKIPPING, FIVE, has_guard=True, prepare=dead(*names, is_down=is_down))


def is_untouched(played: Played, name: str) -> bool:
    lines = [line for _, line in played.world.sim.every_line(name)]
    return (
        not played.settings(name)
        and not played.world.workshop.runs_of("upgrade", name, "0")
        and all(line.admin is Admin.READY and line.weight == 100 for line in lines)
    )


@pytest.mark.parametrize("is_down", [True, False])
def test_one_dead_box(is_down: bool) -> None:
    """Everybody else is upgraded, and it is left as it was found."""
    played = play(patch_day("web3", is_down=is_down))
    ended(played, "done", 0)
    assert is_untouched(played, "web3")
    assert played.phases() == {
        **dict.fromkeys(("web1", "web2", "web4", "web5"), Phase.DONE),
        "web3": Phase.LEFT,
    }
    (left,) = played.told(MemberLeft)
    assert (left.member, left.is_unreached) == ("web3", True)
    assert left.why.startswith("not reached: `unless` ended with exit code 255")
    first = played.told(GuardAnswered)[0]
    assert (first.member == "web3") is is_down  # what does not serve comes first


def test_two_dead_boxes_before_anything_was_touched() -> None:
    """More than the budget: nobody is touched, though one was skipped before."""
    played = play(patch_day("web3", "web5"))
    ended(played, "refused", 3)
    assert all(is_untouched(played, name) for name in played.phases())
    assert "failures.max lets 1 be skipped, and 1 are already (web3)" in played.end.why


def test_two_dead_boxes_half_way() -> None:
    """The second one halts, in order."""
    played = play(patch_day("web3", "web5", is_down=False))
    ended(played, "halted", 5)
    assert is_untouched(played, "web3")
    assert is_untouched(played, "web5")
    assert played.versions() == {
        **dict.fromkeys(("web1", "web2", "web4"), "v2"),
        **dict.fromkeys(("web3", "web5"), "v1"),
    }


def test_without_a_budget() -> None:
    """As ever: nobody is skipped."""
    scenario = replace(patch_day("web3"), policies=replace(SKIPPING, skips=None))
    ended(play(scenario), "refused", 3)


def test_floor_holds_without_those_that_were_skipped() -> None:
    """Two might go at a time, but with one dead the floor lets only one (S2)."""
    policies = replace(SKIPPING, max_unavailable=Amount(2), min_available=Amount(3))
    played = play(replace(patch_day("web3"), policies=policies))
    ended(played, "done", 0)
    held = replace(SKIPPING, min_available=Amount(4), wait_for_capacity=ms(500))
    played = play(replace(patch_day("web3"), policies=held))
    ended(played, "refused", 3)  # it was skipped, and nobody else may go
    assert all(is_untouched(played, name) for name in played.phases())


def test_one_that_does_not_serve_makes_room() -> None:
    """At the floor, the one that costs nothing goes first; once it serves, the others go."""

    def broken(world: World) -> None:
        world.sim.apps["web4"].answers = False
        world.sim.advance(ms(400))
        world.sim.plans.append((ms(1000), lambda sim: setattr(sim.apps["web4"], "answers", True)))

    policies = replace(SKIPPING, min_available=Amount(4))
    played = play(Scenario(policies, FIVE, prepare=broken, step_time=ms(900)))
    ended(played, "done", 0)
    assert played.told(MemberCalled)[0].member == "web4"
    listed = Scenario(replace(policies, order=Order.LISTED), FIVE, prepare=broken)
    with pytest.raises(AssertionError, match="the floor does not hold"):
        play(listed)


def test_canary_is_never_skipped() -> None:
    """The others would go on with what nobody has tried."""
    played = play(replace(patch_day("web1", is_down=False), canaries=("web1",)))
    ended(played, "refused", 3)
    assert "a canary is never skipped" in played.end.why


def test_killed_anywhere() -> None:
    """The next run knows whom the former skipped, and counts them (S7)."""
    scenario = patch_day("web2", is_down=False)
    _, cuts = film(scenario)
    for cut in cuts[::9]:
        later = play_on(scenario, cut.world)
        assert later.broken == [], cut.label
        assert later.end.exit_code == 0, cut.label
        assert is_untouched(later, "web2"), cut.label
        answers = [one for one in later.told(GuardAnswered) if one.member == "web2"]
        assert {one.answer for one in answers} == {Answer.UNREACHED}, cut.label
        assert len(later.told(MemberLeft)) == 1, cut.label

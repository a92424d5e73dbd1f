"""The name of a member loses its address while it is in progress, and finds it again, or not."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Cause, Halted
from controller.core.phases import Phase
from controller.core.settings import ReturnPolicy
from controller.core.steps import Setting
from controller.runner.loop import Runner
from tests.promises.beats import at, ended, later
from tests.support.plays import play
from tests.support.scenarios import QUICK, Act, Scenario, World, ms
from tests.support.sim import make_sim

SOON = replace(QUICK, comeback=ReturnPolicy(ms(1500)))
TWO = partial(make_sim, 3, instances=("lb1", "lb2"))
GOES = [Phase.OUT, Phase.UPGRADING, Phase.VALIDATING, Phase.CHECKING]


def unpublished(back_after: int | None, instance: str | None = None) -> Act:
    def act(world: World, runner: Runner) -> None:
        later(ms(5), lambda sim: sim.lose_name("web1", instance))(world, runner)
        if back_after is not None:
            later(ms(back_after), lambda sim: sim.find_name("web1"))(world, runner)

    return act


@pytest.mark.parametrize("instance", [None, "lb2"], ids=["everywhere", "at one"])
@pytest.mark.parametrize("phase", GOES)
def test_it_is_waited_for(phase: Phase, instance: str | None) -> None:
    """It comes back, and nobody meets it before its checks have passed since (S4)."""
    beats = at("web1", phase, unpublished(1000, instance))
    ended(play(Scenario(SOON, TWO, beats=beats)), "done", 0)


@pytest.mark.parametrize("phase", GOES)
def test_not_for_ever(phase: Phase) -> None:
    """After as long as for the return, the member has failed, and is out: no hand was there. One
    whose upgrade had not begun goes back as it was, where nobody meets it without an address."""
    played = play(Scenario(SOON, TWO, beats=at("web1", phase, unpublished(None))))
    ended(played, "halted", 5)
    (halted,) = played.told(Halted)
    assert (halted.cause, halted.member) == (Cause.MEMBER, "web1")
    assert "its name has no address" in halted.seen
    assert played.phases()["web1"] == ("waiting" if phase is Phase.OUT else "failed")


def test_before_its_upgrade() -> None:
    """While it drains its name may go: it is out all the sooner, and upgraded."""
    beats = at("web1", Phase.DRAINING, unpublished(800))
    played = play(Scenario(SOON, TWO, beats=beats))
    ended(played, "done", 0)
    assert Setting.HOLD in played.settings("web1")

"""S7: nobody saw how a step ended, and it may run on beyond a connection: it is not doubled."""

from controller.core.events import Halted, ResumeRequested
from tests.promises.beats import Like, both, ended, scripted
from tests.support.fakes import Script
from tests.support.plays import play, play_on
from tests.support.scenarios import Scenario

CUT = Script(lost=True, connections=("ssh",), version=None)
LOOKED = ResumeRequested("operator", "nothing of it runs", 0)


@both
def test_it_is_begun_again_once_the_operator_has_looked(like: Like) -> None:
    scenario = like(Scenario(prepare=scripted(CUT, Script())))
    played = play(scenario)
    ended(played, "halted", 5)
    assert "what ssh started elsewhere may still run there" in played.told(Halted)[-1].seen
    assert len(played.world.workshop.runs_of("upgrade", "web1", "0")) == 1
    done = play_on(scenario, played.world, LOOKED)
    ended(done, "done", 0)
    assert len(done.world.workshop.runs_of("upgrade", "web1", "0")) == 2


@both
def test_unless_may_say_that_all_is_done(like: Like) -> None:
    """Then there is nothing to begin again."""
    arrived = Script(lost=True, connections=("ssh",))
    played = play(like(Scenario(has_guard=True, prepare=scripted(arrived))))
    ended(played, "done", 0)
    assert len(played.world.workshop.runs_of("upgrade", "web1", "0")) == 1
    assert played.state.members["web1"].progress.may_run == ""

"""A reload restores what this rollout had set once, from a file of former states."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Halted, MemberLeft, MemberRelapsed, MemberReturned
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.steps import RunStep, Setting, Validate
from controller.runner.loop import Runner
from tests.promises.beats import at, ended, guarded, later, slow_requests, three_behind_two
from tests.support.plays import play
from tests.support.scenarios import QUICK, Act, Scenario, World, ms
from tests.support.sim import Sim, make_sim

FOUR = partial(make_sim, 4, instances=("lb1", "lb2"))


def restoring(member: str, admin: Admin, after: int = 30) -> Act:
    return later(ms(after), lambda sim: sim.reload("lb1", {member: admin}))


@pytest.mark.parametrize("admin", [Admin.OUT, Admin.DRAINING])
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.UPGRADING, Phase.SOAKING])
def test_one_that_is_done_is_put_back(phase: Phase, admin: Admin) -> None:
    """It is ours, not somebody else's: proven anew, and back as found (S4, S8), before the next
    one goes (S1)."""
    scenario = Scenario(QUICK, FOUR, beats=at("web2", phase, restoring("web1", admin)))
    played = play(scenario)
    ended(played, "done", 0)
    (relapsed,) = played.told(MemberRelapsed)
    assert (relapsed.member, relapsed.instance) == ("web1", "lb1")
    assert len(played.steps("web1", Validate)) == 2
    assert [one.member for one in played.told(MemberReturned)].count("web1") == 2
    assert played.versions()["web1"] == "v2"


def test_its_guard_is_asked_and_its_step_is_not_repeated() -> None:
    """What is already there is validated and returned, never upgraded twice (S7)."""
    scenario = guarded(Phase.WAITING, restoring("web1", Admin.OUT))
    beats = at("web2", Phase.UPGRADING, restoring("web1", Admin.OUT))
    played = play(replace(scenario, beats=beats))
    ended(played, "done", 0)
    assert len(played.told(MemberRelapsed)) == 1
    assert len(played.steps("web1", RunStep)) == 1


def test_one_that_went_back_as_it_was() -> None:
    """A member that was only drained, and restored since, is drained anew in its turn."""

    def act(world: World, runner: Runner) -> None:
        later(ms(10), lambda sim: sim.down("web3"))(world, runner)
        later(ms(300), partial(recovered, member="web3"))(world, runner)
        later(ms(200), lambda sim: sim.reload("lb1", {"web1": Admin.DRAINING}))(world, runner)

    beats = at("web1", Phase.DRAINING, act)
    played = play(Scenario(QUICK, three_behind_two, slow_requests(ms(1000)), beats))
    ended(played, "done", 0)
    assert Setting.RESTORE in played.settings("web1")
    assert played.told(MemberLeft) == []


def recovered(sim: Sim, member: str) -> None:
    sim.set_answers(member, True)


def test_an_operator_who_comes_later_is_left_alone() -> None:
    """Out some time after a reload is somebody's doing (S14)."""

    def act(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        later(ms(1300), lambda sim: sim.foreign("web1", Admin.OUT, "lb1"))(world, runner)

    played = play(Scenario(QUICK, FOUR, beats=at("web2", Phase.DRAINING, act)))
    assert played.told(MemberRelapsed) == []
    assert played.told(Halted) == [] or played.end.exit_code == 5

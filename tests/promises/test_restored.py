"""A reload restores what this rollout had set once, from a file of former states."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Halted, MemberLeft, MemberRelapsed, MemberReturned
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import OnFailure
from controller.core.steps import RunStep, Setting, Validate
from controller.runner.loop import Runner
from tests.promises.beats import (
    at,
    back_after,
    ended,
    guarded,
    later,
    scripted,
    slow_requests,
    three_behind_two,
)
from tests.support.fakes import Script
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


RAMPS = replace(QUICK, comeback=replace(QUICK.comeback, ramp=(10, 50), hold=ms(400)))


@pytest.mark.parametrize("admin", [Admin.OUT, Admin.DRAINING])
@pytest.mark.parametrize("phase", [Phase.RAMPING, Phase.SOAKING])
@pytest.mark.parametrize("moment", [5, 250])
def test_one_that_is_judged_is_proven_anew(phase: Phase, admin: Admin, moment: int) -> None:
    """In its ramp or soak too; its step does not run again (S7), its weight is the one found."""
    beats = at("web1", phase, restoring("web1", admin, moment))
    played = play(Scenario(RAMPS, FOUR, beats=beats))
    ended(played, "done", 0)
    assert len(played.told(MemberRelapsed)) == 1
    assert len(played.steps("web1", RunStep)) == 1
    assert len(played.steps("web1", Validate)) == 2


def test_one_that_is_judged_while_another_balancer_is_lost() -> None:
    """It is not judged by half of what is to be seen; once all is seen, it is proven anew."""

    def act(world: World, runner: Runner) -> None:
        restoring("web1", Admin.OUT)(world, runner)
        back_after(ms(500))(world, runner)

    played = play(Scenario(QUICK, FOUR, beats=at("web1", Phase.SOAKING, act)))
    ended(played, "done", 0)
    assert len(played.told(MemberRelapsed)) == 1


def test_a_hand_in_its_soak_is_still_one() -> None:
    """Taken out some time after the reload: somebody else did that (S14)."""

    def act(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        later(ms(300), lambda sim: sim.foreign("web1", Admin.OUT, "lb1"))(world, runner)

    played = play(Scenario(QUICK, FOUR, beats=at("web1", Phase.SOAKING, act)))
    ended(played, "halted", 5)
    assert played.told(MemberRelapsed) == []


def test_one_that_is_done_while_another_is_rolled_back() -> None:
    """It is brought back before the rollout ends, as the version that it has."""
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
    beats = at("web2", Phase.FAILED, restoring("web1", Admin.OUT, 300))
    prepare = scripted(Script(exit_code=1), member="web2")
    played = play(Scenario(policies, FOUR, prepare, beats, has_rollback=True))
    ended(played, "halted", 5)
    assert len(played.told(MemberRelapsed)) == 1
    assert (played.phases()["web1"], played.phases()["web2"]) == ("done", "done")
    assert (played.versions()["web1"], played.versions()["web2"]) == ("v2", "v1")


def test_an_operator_who_comes_later_is_left_alone() -> None:
    """Out some time after a reload is somebody's doing (S14)."""

    def act(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        later(ms(1300), lambda sim: sim.foreign("web1", Admin.OUT, "lb1"))(world, runner)

    played = play(Scenario(QUICK, FOUR, beats=at("web2", Phase.DRAINING, act)))
    assert played.told(MemberRelapsed) == []
    assert played.told(Halted) == [] or played.end.exit_code == 5

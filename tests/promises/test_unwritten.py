"""What a run did to come to rest and could not write: the next one asks once, then goes on."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import (
    AbortRequested,
    Cause,
    Event,
    Halted,
    MemberRelapsed,
    Observation,
    ResumeRequested,
)
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure, Policies
from controller.core.state.state import State
from controller.core.steps import Course, RunStep, Setting
from tests.promises.beats import (
    Like,
    at,
    bad_v2,
    both,
    ended,
    signal,
    three_behind_two,
)
from tests.promises.test_disk import FOR_EVER, hangs
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import QUICK, Beat, Scenario, World, ms
from tests.support.sim import App, Sim, make_sim

THREE = partial(make_sim, 3)
SHORT = replace(QUICK, soak=ms(250))
RAMPED = replace(SHORT, comeback=replace(SHORT.comeback, ramp=(20,), hold=ms(300)))
TWO_AT_ONCE = replace(SHORT, max_unavailable=Amount(2))
BACK = replace(SHORT, on_failure=OnFailure.ROLLBACK_MEMBER)
RESUME = ResumeRequested("operator", "it was poolroll, and v2 is mended")
RESTORE = AbortRequested("operator", restore=True)


def of(
    policies: Policies = SHORT, phase: Phase = Phase.SOAKING, sim: partial[Sim] = THREE
) -> Scenario:
    """The disk hangs as a bad v2 meets its first users."""
    beats = at("web1", phase, hangs(FOR_EVER))
    return Scenario(policies, sim, bad_v2(), beats, has_guard=True)


def admins(world: World, member: str = "web1") -> set[Admin]:
    return {one.admin for each in world.sim.instances.values() for one in each.of(member)}


def set_by_hand(world: World, admin: Admin) -> None:
    world.sim.foreign("web1", admin)


def mended(world: World) -> None:
    world.journal.mend()
    world.sim.traffic.fails = lambda app, number: False


def asked(scenario: Scenario) -> Played:
    """The run that could not write, and the next one, which halts. v2 and the disk are mended."""
    first = play(scenario)
    assert first.broken == []
    assert first.end.exit_code in (4, 5), first.end.why
    assert first.told(Halted) == []
    assert admins(first.world) == {Admin.OUT}
    mended(first.world)
    again = play_on(scenario, first.world)
    ended(again, "halted", 5)
    halt = again.told(Halted)[-1]
    assert halt.cause is Cause.FOREIGN
    assert "somebody else changed it, or the run before" in halt.seen
    assert Setting.REMOVE not in again.settings("web1")
    return again


@both
@pytest.mark.parametrize(
    "scenario",
    [of(), of(sim=three_behind_two), of(TWO_AT_ONCE), of(BACK)],
    ids=["one", "two balancers", "two at once", "rollback"],
)
def test_goes_on_once_the_operator_was_asked(scenario: Scenario, like: Like) -> None:
    """It is proven anew before users meet it, and not installed a second time."""
    again = asked(like(scenario))
    done = play_on(like(scenario), again.world, RESUME)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}
    assert len(done.steps("web1", RunStep)) == 1
    assert [one.is_unwritten for one in done.told(MemberRelapsed) if one.member == "web1"] == [True]
    assert done.world.journal.out_by("r1") == []


def test_goes_on_from_a_ramp() -> None:
    again = asked(of(RAMPED, Phase.RAMPING))
    done = play_on(of(RAMPED), again.world, RESUME)
    ended(done, "done", 0)
    assert len(done.steps("web1", RunStep)) == 1


def test_goes_on_after_a_way_back_that_failed() -> None:
    """What it was rolled back to failed as well: it is installed once more."""

    def is_on_its_way_back(event: Event | Observation, before: State, after: State) -> bool:
        m = after.members["web1"]
        return m.phase is Phase.SOAKING and m.progress.course is Course.ROLLBACK

    def fails(app: App, number: int) -> bool:
        return app.name == "web1" and app.changed_once and number % 2 == 0

    def prepare(world: World) -> None:
        world.sim.traffic.fails = fails

    beat = Beat(is_on_its_way_back, hangs(FOR_EVER))
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
    scenario = Scenario(policies, THREE, prepare, (beat,), has_rollback=True)
    first = play(scenario)
    ended(first, "halted", 4)
    assert admins(first.world) == {Admin.OUT}
    mended(first.world)
    again = play_on(scenario, first.world)
    ended(again, "halted", 4)
    done = play_on(scenario, again.world, RESUME)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}


def test_a_version_that_still_fails_goes_out_again() -> None:
    scenario = of()
    again = asked(scenario)
    scenario.prepare(again.world)
    failed = play_on(scenario, again.world, RESUME)
    ended(failed, "halted", 4)
    assert admins(failed.world) == {Admin.OUT}
    assert failed.versions()["web2"] == "v1"


def test_put_back_by_hand_meanwhile() -> None:
    """Then it soaks again where it is."""
    again = asked(of())
    set_by_hand(again.world, Admin.READY)
    done = play_on(of(), again.world, RESUME)
    ended(done, "done", 0)
    assert done.told(MemberRelapsed) == []


@pytest.mark.parametrize("meanwhile", [False, True], ids=["out", "back"])
def test_aborted_and_restored(meanwhile: bool) -> None:
    again = asked(of())
    if meanwhile:
        set_by_hand(again.world, Admin.READY)
    over = play_on(of(), again.world, RESTORE)
    ended(over, "aborted", 7)
    assert admins(over.world) == {Admin.READY}
    assert over.phases()["web1"] == ("kept" if meanwhile else "done")


def test_what_poolroll_does_not_do_is_not_taken_for_its_own() -> None:
    """It never leaves a member draining that was upgraded."""
    again = asked(of())
    set_by_hand(again.world, Admin.DRAINING)
    halted = play_on(of(), again.world, RESUME)
    ended(halted, "halted", 5)
    assert admins(halted.world) == {Admin.DRAINING}


@pytest.mark.parametrize("first", [(), (RESUME,)], ids=["asked", "resumed"])
def test_another_hand_after_a_run_that_wrote_its_end(first: tuple[Event, ...]) -> None:
    """Nobody but somebody else has done that, and it is left so, whatever the operator says."""
    scenario = Scenario(SHORT, THREE, beats=at("web1", Phase.SOAKING, signal()))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    set_by_hand(stopped.world, Admin.OUT)
    halted = play_on(scenario, stopped.world)
    ended(halted, "halted", 5)
    if first:
        halted = play_on(scenario, halted.world, *first)
        ended(halted, "halted", 5)
    assert "somebody else changed web1 at lb1" in halted.told(Halted)[-1].seen
    assert admins(halted.world) == {Admin.OUT}

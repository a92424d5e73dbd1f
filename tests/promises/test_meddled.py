"""The operator's word at every moment of a halt, and halts at inconvenient moments."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import AbortRequested, Event, Halted, ResumeRequested
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure
from controller.core.steps import RunStep, Setting
from controller.runner.loop import Runner
from tests.promises.beats import (
    Like,
    at,
    bad_v2,
    both,
    ended,
    foreign,
    later,
    outage,
    recover,
    scripted,
    signal,
    three_behind_two,
)
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import (
    MEMBER_GATE,
    POOL_GATE,
    QUICK,
    Act,
    Beat,
    Scenario,
    World,
    enters,
    ms,
    tells,
)
from tests.support.sim import Sim, make_sim

SHORT = replace(QUICK, soak=ms(250))
THREE, FOUR = partial(make_sim, 3), partial(make_sim, 4)
TWO_AT_ONCE = replace(SHORT, max_unavailable=Amount(2))
ALL_BACK = replace(SHORT, on_failure=OnFailure.ROLLBACK_ALL)
RESUME = ResumeRequested("operator", "mended")
ABORT = AbortRequested("operator", restore=False)
RESTORE = AbortRequested("operator", restore=True)

HALTS = {
    "failing member": Scenario(SHORT, THREE, prepare=bad_v2("web1")),
    "failed step": Scenario(SHORT, THREE, prepare=scripted(Script(exit_code=1), Script())),
    "rollback": Scenario(ALL_BACK, THREE, prepare=bad_v2("web2"), has_rollback=True),
    "two in hand": Scenario(
        TWO_AT_ONCE, FOUR, prepare=bad_v2("web1"), step_time=ms(500), has_guard=True
    ),
}


def mend(world: World) -> None:
    world.sim.traffic.fails = lambda app, number: False


@pytest.mark.parametrize("name", HALTS)
@pytest.mark.parametrize("word", [RESUME, ABORT, RESTORE], ids=["resume", "abort", "restore"])
def test_operators_word_at_every_moment(name: str, word: Event) -> None:
    """Killed anywhere, and taken up again with a word of the operator's: it ends, as it was told
    to, with all promises kept."""
    scenario = HALTS[name]
    _, cuts = film(scenario)
    for cut in cuts[len(cuts) // 2 :: 2]:
        mend(cut.world)
        played = play_on(scenario, cut.world, word, after=ms(50), at=cut.at)
        assert played.broken == [], cut.label
        if word is RESUME:
            assert played.end.exit_code in (0, 4, 5), cut.label
        else:
            assert (played.end.outcome, played.end.exit_code) == ("aborted", 7), cut.label
            in_progress = [m.phase for m in played.state.in_progress]
            assert set(in_progress) <= {Phase.OUT, Phase.UPGRADING, Phase.PROVING}, cut.label


@both
def test_resume_passes_over_what_is_done(like: Like) -> None:
    """What was done, skipped or left before the halt stays so after the operator's decision."""

    def prepare(world: World) -> None:
        scripted(Script(exit_code=1), Script(), member="web3")(world)
        world.sim.apps["web1"].version = "v2"

    scenario = Scenario(SHORT, FOUR, prepare=prepare, has_guard=True)
    scenario = like(scenario)
    halted = play(scenario)
    assert list(halted.phases().values()) == ["skipped", "done", "failed", "waiting"]
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert list(done.phases().values()) == ["skipped", "done", "done", "done"]


def test_two_in_hand_and_one_runs_a_step() -> None:
    """A halt that is killed while another member's step runs: the step is joined, not left, and
    only then is everybody rolled back (S7)."""
    policies = replace(TWO_AT_ONCE, on_failure=OnFailure.ROLLBACK_ALL)

    def prepare(world: World) -> None:
        scripted(Script(exit_code=1))(world)
        scripted(Script(ms(1500)), member="web2")(world)

    scenario = Scenario(policies, FOUR, prepare=prepare, has_rollback=True)
    whole, cuts = film(scenario)
    ended(whole, "halted", 5)
    for cut in cuts[::2]:
        played = play_on(scenario, cut.world, after=ms(30), at=cut.at)
        assert played.broken == [], cut.label
        assert set(played.versions().values()) == {"v1"}, cut.label


def test_reload_before_a_step_is_joined() -> None:
    """A member whose step may run is taken out again first, when a balancer forgot it meanwhile."""

    def prepare(world: World) -> None:
        scripted(Script(exit_code=1))(world)
        scripted(Script(ms(1500)), member="web2")(world)

    scenario = Scenario(TWO_AT_ONCE, FOUR, prepare=prepare)
    _, cuts = film(scenario)
    killed = next(cut for cut in cuts if "after Halted" in cut.label)
    killed.world.sim.reload("lb1")
    played = play_on(scenario, killed.world, after=ms(30), at=killed.at)
    ended(played, "halted", 5)
    assert played.phases()["web2"] == "failed"
    assert played.settings("web2").count(Setting.HOLD) == 2


@both
def test_step_of_unknown_end_is_joined_after_the_operators_decision(like: Like) -> None:
    """A halt that could not wait for a running step leaves it; whoever goes on joins it (S7)."""
    scenario = Scenario(
        SHORT,
        three_behind_two,
        beats=at("web1", Phase.UPGRADING, outage("refuses")),
        step_time=ms(9000),
        step_timeout=ms(20_000),
    )
    scenario = like(scenario)
    _, cuts = film(scenario)
    killed = next(cut for cut in cuts if "after Halted" in cut.label)
    left = play_on(scenario, killed.world, after=ms(30), at=killed.at)
    ended(left, "halted", 5)
    assert left.phases()["web1"] == "failed"
    recover(left.world)
    done = play_on(scenario, left.world, RESUME)
    ended(done, "done", 0)
    assert len([key for key in done.world.workshop.jobs if "/web1/" in key]) == 1


def test_abort_joins_a_step_that_a_signal_left() -> None:
    """An abort waits for the running step that two signals left behind, then ends."""
    scenario = Scenario(
        SHORT, THREE, beats=at("web1", Phase.UPGRADING, signal(2)), step_time=ms(1900)
    )
    left = play(scenario)
    aborted = play_on(scenario, left.world, RESTORE, after=ms(20))
    ended(aborted, "aborted", 7)
    assert aborted.phases()["web1"] == "done"
    assert len(aborted.steps("web1", RunStep)) == 2


def test_abort_does_not_wait_for_a_step_when_told_twice() -> None:
    """A second signal ends an abort that waits to join a step."""
    scenario = Scenario(
        SHORT, THREE, beats=at("web1", Phase.UPGRADING, signal(2)), step_time=ms(1900)
    )
    left = play(scenario)
    hasty = replace(scenario, beats=(Beat(tells(AbortRequested), signal(2)),))
    left.world.fired.clear()
    ended(play_on(hasty, left.world, ABORT, after=ms(20)), "aborted", 7)


# --- a member that was taken up again, halted over before its step -----------------------------


def held_again(act: Act) -> Played:
    """web1 failed, was put in rotation by an operator at rest, and is held out again at once."""
    scenario = Scenario(
        QUICK,
        three_behind_two,
        prepare=scripted(Script(exit_code=1), Script()),
        beats=(Beat(lambda event, before, after: False, signal()),),
    )
    halted = play(scenario)
    world = halted.world
    world.sim.foreign("web1", Admin.READY)
    world.sim.change("web1")
    world.sim.apps["web1"].changed = False
    world.sim.apps["web1"].takes = ms(1900)
    for _, line in world.sim.every_line("web1"):
        line.foreign, line.proven, line.excused = False, True, True
    world.sim.advance(world.sim.now + ms(300))
    again = replace(scenario, beats=(*scenario.beats, Beat(enters("web1", Phase.OUT), act)))
    return play_on(again, world, RESUME)


def test_changed_member_stays_out_when_halted_over() -> None:
    """It may not go back as it was, so it is taken out altogether and left (S4)."""

    def refuses(sim: Sim) -> None:
        sim.instances["lb2"].outage = "refuses"

    played = held_again(later(ms(50), refuses))
    assert played.end.exit_code == 5
    assert played.settings("web1")[-1] is Setting.HOLD
    assert played.phases()["web1"] == "failed"
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


def test_changed_member_stays_out_when_stopped() -> None:
    """The same upon a signal: out, and the next run goes on with it."""
    played = held_again(signal())
    assert (played.end.outcome, played.phases()["web1"]) == ("stopped", "out")


def test_changed_member_contested_before_its_step() -> None:
    """Put in rotation by another hand before its step: it stays there, and the halt says so."""
    played = held_again(foreign(Admin.READY))
    assert played.end.exit_code == 5
    assert played.phases()["web1"] == "kept"
    assert "poolroll left it there" in played.state.members["web1"].why


# --- balancers that refuse to be told, on the way to rest --------------------------------------


def refuse(world: World, runner: Runner) -> None:
    world.sim.instances["lb1"].unsettable = True


@both
def test_failing_member_that_cannot_be_taken_out(like: Like) -> None:
    """A balancer that refuses the removal: the member is kept, and named, after a few tries."""
    scenario = Scenario(SHORT, THREE, prepare=bad_v2(), beats=at("web1", Phase.SOAKING, refuse))
    played = play(like(scenario))
    assert (played.end.outcome, played.end.exit_code) == ("halted", 4)
    assert played.phases()["web1"] == "kept"
    assert "could not be taken out again" in played.state.members["web1"].why


# --- gates on the way back -----------------------------------------------------------------------


def test_failing_pool_does_not_stop_the_way_back() -> None:
    """While everybody is rolled back the pool may fail still: the way back goes on to its end."""
    gates = (replace(MEMBER_GATE, min_errors=10_000), replace(POOL_GATE, window=ms(900)))
    policies = replace(ALL_BACK, gates=gates, soak=ms(600))

    def prepare(world: World) -> None:
        world.sim.traffic.fails = lambda app, number: world.sim.now > ms(5000) and number % 2 == 0

    played = play(Scenario(policies, FOUR, prepare=prepare, has_rollback=True))
    ended(played, "halted", 4)
    assert len(played.told(Halted)) == 1
    upgraded = [job for job in played.world.workshop.jobs.values() if job.argv[0] == "rollback"]
    assert upgraded
    assert set(played.versions().values()) == {"v1"}


def test_former_version_that_fails_too_is_stuck() -> None:
    """A member that fails its gate after its rollback is taken out again and is stuck."""

    def prepare(world: World) -> None:
        world.sim.traffic.fails = lambda app, number: app.name == "web1" and app.changed_once

    scenario = Scenario(replace(ALL_BACK, soak=ms(900)), THREE, prepare=prepare, has_rollback=True)
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "stuck"

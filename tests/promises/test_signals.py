"""The operator's stop: SIGTERM once and twice, in each phase, and what a later run makes of it."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from controller.core.phases import LEAVING, Phase
from controller.core.pool import Admin
from controller.core.settings import OnFailure, ReturnPolicy
from controller.core.steps import RunStep, Setting
from controller.runner.loop import Runner
from tests.promises.beats import WALK, Like, at, bad_v2, both, ended, scripted, signal
from tests.support.fakes import Script
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import QUICK, Act, Beat, Scenario, World, enters, ms, tells
from tests.support.sim import make_sim

UNTOUCHED = (Phase.ASKING, Phase.DUE)
THREE = partial(make_sim, 3)


def stopped_at(phase: Phase, times: int = 1) -> Scenario:
    return Scenario(sim=THREE, has_guard=True, beats=at("web1", phase, signal(times)))


def goes_on_to_the_end(scenario: Scenario, played: Played) -> None:
    done = play_on(scenario, played.world)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}


@both
@pytest.mark.parametrize("phase", WALK)
def test_one_signal(phase: Phase, like: Like) -> None:
    """Exit 7 in a safe state: what only drains goes back, what runs ends and returns; then the
    next run goes on (S11)."""
    scenario = like(stopped_at(phase))
    played = play(scenario)
    ended(played, "stopped", 7)
    line = played.world.sim.instances["lb1"].of("web1")[0]
    assert line.admin is Admin.READY
    is_upgraded = phase not in (*UNTOUCHED, *LEAVING)
    assert played.versions()["web1"] == ("v2" if is_upgraded else "v1")
    assert played.phases()["web1"] == ("soaking" if is_upgraded else "waiting")
    goes_on_to_the_end(scenario, played)


@both
@pytest.mark.parametrize("phase", WALK)
def test_two_signals(phase: Phase, like: Like) -> None:
    """The second one no longer waits: exit 7 within a second, and the next run goes on."""
    scenario = like(stopped_at(phase, times=2))
    slow = replace(scenario, step_time=ms(1900))
    played = play(slow)
    ended(played, "stopped", 7)
    assert played.took < ms(3200)
    goes_on_to_the_end(scenario, played)


@both
def test_running_step_is_joined_by_the_next_run(like: Like) -> None:
    """A step that the second signal left running is waited for, never started twice (S7)."""
    scenario = like(stopped_at(Phase.UPGRADING, times=2))
    played = play(replace(scenario, step_time=ms(1900)))
    assert played.phases()["web1"] == "upgrading"
    done = play_on(scenario, played.world, after=ms(20))
    ended(done, "done", 0)
    assert len([key for key in done.world.workshop.jobs if "/web1/" in key]) == 1
    assert len(done.steps("web1", RunStep)) == 2


@both
def test_signal_between_two_steps(like: Like) -> None:
    """After the running step the member stays out, and the next run goes on with the next step."""
    scenario = like(Scenario(sim=THREE, steps=2, beats=at("web1", Phase.UPGRADING, signal())))
    played = play(scenario)
    ended(played, "stopped", 7)
    assert played.phases()["web1"] == "upgrading"
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT
    goes_on_to_the_end(scenario, played)


def test_signal_and_a_step_that_fails() -> None:
    """A step that fails after the signal halts all the same, exit 5."""
    scenario = replace(stopped_at(Phase.UPGRADING), prepare=scripted(Script(exit_code=1)))
    ended(play(scenario), "halted", 5)


def test_signal_and_a_return_that_takes_too_long() -> None:
    """A return that needs more than `return.within` is left: the member stays out, and is named."""
    policies = replace(QUICK, comeback=ReturnPolicy(within=ms(700)))

    def never_up(world: World, runner: object) -> None:
        world.sim.set_answers("web1", False)

    beats = (
        Beat(enters("web1", Phase.UPGRADING), signal()),
        Beat(enters("web1", Phase.CHECKING), never_up),
    )
    played = play(Scenario(policies, THREE, beats=beats))
    ended(played, "stopped", 7)
    assert played.phases()["web1"] == "out"
    assert played.settings("web1")[-1] is Setting.HOLD


def test_signal_with_nobody_in_hand() -> None:
    """Before the first member, and while one waits for capacity, it is over at once."""
    ended(play(Scenario(beats=(Beat(tells(object), signal()),))), "stopped", 7)


def test_signal_after_a_halt() -> None:
    """It is a halt still: exit 4, and nobody is rolled back any more."""
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
    scenario = Scenario(
        policies,
        THREE,
        prepare=bad_v2(),
        has_rollback=True,
        beats=at("web1", Phase.REMOVING, signal()),
    )
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "failed"


def test_second_signal_after_a_halt_leaves_the_step() -> None:
    """A halt waits for a running step, but not past the second signal."""

    def halt_and_stop(world: World, runner: object) -> None:
        world.sim.instances["lb1"].outage = "refuses"

    beats = (
        Beat(enters("web1", Phase.UPGRADING), halt_and_stop),
        Beat(lambda event, before, after: after.halt is not None, signal(2)),
    )
    scenario = Scenario(sim=THREE, beats=beats, step_time=ms(9000), step_timeout=ms(20_000))
    played = play(scenario)
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "upgrading"
    assert played.took < ms(5000)


def test_signal_during_a_rollback() -> None:
    """The way back is cut off and taken up again by the next run; its cause stands."""
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_ALL)

    def is_rolling(event: object, before: object, after: object) -> bool:
        return "rollback" in repr(event) and "RunStep" in repr(event)

    scenario = Scenario(
        policies,
        THREE,
        prepare=bad_v2("web2"),
        has_rollback=True,
        beats=(Beat(is_rolling, signal()),),
    )
    played = play(scenario)
    ended(played, "stopped", 7)
    back = play_on(scenario, played.world)
    ended(back, "halted", 4)
    assert set(back.versions().values()) == {"v1"}


@pytest.mark.parametrize("late", [-1, 0, 1])
@both
def test_signal_that_ends_the_step_too(late: int, like: Like) -> None:
    """S11: a TERM for a whole unit ends the step as well, before or after poolroll gets it: exit 7,
    the member stays out, and the next run begins the step again (S4, S7)."""

    def act(world: World, runner: Runner) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.3 + late * 0.2, runner.stop, "SIGTERM")

    scripts = scripted(Script(exit_code=143, takes=ms(300), version=None), Script())
    scenario = like(Scenario(prepare=scripts, beats=at("web1", Phase.UPGRADING, act)))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    assert stopped.state.members["web1"].is_away
    assert len(stopped.world.workshop.runs_of("upgrade", "web1", "0")) == 1
    done = play_on(scenario, stopped.world)
    ended(done, "done", 0)
    assert [step.attempt for step in done.steps("web1", RunStep)][:2] == [0, 1]


@pytest.mark.parametrize("late", [-1, 0, 1])
@both
def test_signal_that_ends_the_proof_too(late: int, like: Like) -> None:
    """S11: a TERM for a whole unit ends `unless` as well, before or after poolroll gets it: that is
    no answer, and it is asked again. Exit 7, and the next run goes on."""

    def act(world: World, runner: Runner) -> None:
        world.workshop.guards["web1"] = [143, 0]
        loop = asyncio.get_running_loop()
        loop.call_later(world.workshop.thinks.total_seconds() + late * 0.02, runner.stop, "SIGTERM")

    scenario = like(Scenario(has_guard=True, beats=at("web1", Phase.PROVING, act)))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    goes_on_to_the_end(scenario, stopped)
    assert len(stopped.world.workshop.runs_of("upgrade", "web1", "0")) == 1


def test_proof_that_ends_by_signals_time_and_again() -> None:
    """It is asked twice, then it is a failure."""

    def act(world: World, runner: Runner) -> None:
        world.workshop.guards["web1"] = [143]

    ended(play(Scenario(has_guard=True, beats=at("web1", Phase.PROVING, act))), "halted", 5)


def test_step_that_a_signal_ended_alone() -> None:
    """Somebody killed the step, and poolroll got no signal: a failure, told a moment later."""
    played = play(Scenario(prepare=scripted(Script(exit_code=143, version=None))))
    ended(played, "halted", 5)


def expires(world: World, runner: Runner) -> None:
    runner.expire("its deadline of 1h is over")


@both
@pytest.mark.parametrize("phase", WALK)
def test_a_deadline(phase: Phase, like: Like) -> None:
    """In each phase like one signal, with its own words; then the next run goes on (S11)."""
    scenario = like(stopped_at(phase))
    played = play(replace(scenario, beats=at("web1", phase, expires)))
    ended(played, "stopped", 7)
    finished = played.state.finished
    assert finished is not None
    assert finished.why == "its deadline of 1h is over"
    goes_on_to_the_end(scenario, played)


def test_a_signal_after_a_deadline() -> None:
    """It is the first one: a running step is still waited for. A deadline after two signals does
    not wait for it again."""

    def both_ways(*acts: Act) -> Played:
        def act(world: World, runner: Runner) -> None:
            for one in acts:
                one(world, runner)

        scenario = Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, act), step_time=ms(1900))
        return play(scenario)

    waited = both_ways(expires, signal())
    ended(waited, "stopped", 7)
    assert waited.versions()["web1"] == "v2"
    at_once = both_ways(signal(2), expires)
    ended(at_once, "stopped", 7)
    assert at_once.versions()["web1"] == "v1"

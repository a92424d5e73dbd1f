"""A disk that hangs or is full: gates are judged, and what must be written first waits (S6, S7)."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Cause, Event, Finished, Halted, Observation, ResumeRequested
from controller.core.phases import LEAVING, Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import Admin, Instant
from controller.core.state.state import State
from controller.core.steps import RunStep
from controller.lifecycle.early_halt import EarlyHalt
from controller.records import Verb
from controller.report.run.halt import halt_message
from controller.report.run.next_commands import NextCommands
from controller.report.run.not_at_rest import SOON
from controller.report.run.sentences import sentence
from controller.runner.loop import Runner
from controller.runner.recorder import PATIENCE
from tests.promises.beats import WALK, Like, at, bad_v2, both, ended, request, signal
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import Act, Scenario, World, ms
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH, LoopClock

THREE = partial(make_sim, 3)
FULL = "journal /state/journal.db: the disk is full"
FOR_EVER = timedelta(hours=1)
BY_THE_JOURNAL_OUT = (Phase.HOLDING, Phase.OUT)
UNTOUCHED = (Phase.ASKING, Phase.DUE)
RESUMED = ResumeRequested("operator", "there is space again", 0)


def hangs(duration: timedelta) -> Act:
    def act(world: World, runner: Runner) -> None:
        world.journal.hangs_until = world.sim.now + duration

    return act


def fails(world: World, runner: Runner) -> None:
    world.journal.fault = FULL


def fills(world: World, runner: Runner) -> None:
    """The last space is being used."""
    world.journal.trouble = FULL


def met(phase: Phase, *acts: Act) -> Scenario:
    def both_of(world: World, runner: Runner) -> None:
        for act in acts:
            act(world, runner)

    return Scenario(sim=THREE, has_guard=True, beats=at("web1", phase, both_of))


def admin(played: Played, member: str = "web1") -> Admin:
    return played.world.sim.instances["lb1"].of(member)[0].admin


def goes_on(
    scenario: Scenario, played: Played, *first: ResumeRequested, is_strange: bool = False
) -> None:
    """With the disk mended, to the end; and each step has run once. `is_strange`: that its member
    went back is not on record, and it is out by the journal: a halt asks the operator first."""
    played.world.journal.mend()
    done = play_on(scenario, played.world, *first)
    if is_strange:
        ended(done, "halted", 5)
        assert done.told(Halted)[-1].cause is Cause.FOREIGN
        done = play_on(scenario, done.world, RESUMED)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}
    assert len([key for key in done.world.workshop.jobs if "/web1/" in key]) == 1


@both
@pytest.mark.parametrize("phase", WALK)
def test_hangs_for_a_while(phase: Phase, like: Like) -> None:
    """It waits with the next step, then goes on to the end."""
    played = play(like(met(phase, hangs(ms(3007)))))
    ended(played, "done", 0)
    assert set(played.versions().values()) == {"v2"}
    assert len(played.steps("web1", RunStep)) <= 2
    assert not played.state.journal.is_late


@pytest.mark.parametrize(("lasts", "lines"), [(3007, 0), (8007, 2)])
def test_is_told_when_a_busy_machine_does_not_explain_it(lasts: int, lines: int) -> None:
    """Once that it hangs, and once that it is over."""
    told: list[str] = []

    def narrate(event: Event | Observation, before: State, after: State) -> None:
        said = sentence(event, before, after)
        told.append(said[1] if said else "")

    ended(play(met(Phase.SOAKING, hangs(ms(lasts))), narrate=narrate), "done", 0)
    about = [line for line in told if line.startswith("the journal")]
    assert [line.split(":")[0] for line in about] == [
        "the journal does not answer",
        "the journal answers again",
    ][:lines]


@both
def test_hangs_while_users_meet_a_bad_version(like: Like) -> None:
    """The gate acts as ever: its member is out at once, nobody else is touched."""
    scenario = like(met(Phase.SOAKING, hangs(FOR_EVER)))
    played = play(replace(scenario, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert admin(played) is Admin.OUT
    assert played.versions()["web2"] == "v1"
    assert "were not taken within" in played.state.journal.fault
    assert played.told(Halted) == []
    played.world.journal.mend()
    again = play_on(scenario, played.world)
    assert again.broken == []
    assert again.end.exit_code in (4, 5)
    assert again.versions()["web2"] == "v1"


@both
@pytest.mark.parametrize("phase", WALK)
def test_hangs_and_is_stopped(phase: Phase, like: Like) -> None:
    """A signal is heard, and what only drains goes back: exit 7."""
    scenario = like(met(phase, hangs(FOR_EVER), signal()))
    played = play(scenario)
    ended(played, "stopped", 7)
    if phase in (*UNTOUCHED, *LEAVING, Phase.SOAKING):
        assert admin(played) is Admin.READY
    goes_on(scenario, played, is_strange=phase in BY_THE_JOURNAL_OUT)


@both
def test_hangs_with_the_helper_of_a_step(like: Like) -> None:
    """Whoever is at the terminal is told within the patience that the step may still run, and at
    the end how it ended. Nobody runs it twice (S7)."""
    early: list[tuple[Instant, State]] = []
    commands = NextCommands("web", Purpose.UPGRADE, "/etc/web.yaml")

    def lines(played: Played, now: Instant, state: State, *, is_early: bool) -> str:
        return "\n".join(
            halt_message(played.plan, state, now, EPOCH + now, commands=commands, is_early=is_early)
        )

    def keep(state: State) -> list[str]:
        early.append((LoopClock().now(), state))
        return []

    takes = timedelta(seconds=100)
    asked = (request(Verb.PAUSE), request(Verb.RESUME, 100))  # there is something to be written
    hung = like(met(Phase.UPGRADING, hangs(FOR_EVER), *asked))
    scenario = replace(hung, step_time=takes, step_timeout=2 * takes)
    narrator = EarlyHalt(LoopClock(), keep, lambda lines: None)
    played = play(scenario, narrate=narrator.tell)
    ended(played, "halted", 5)
    assert played.took >= takes
    ((at, state),) = early
    assert state.halted_at is not None
    assert SOON <= at - state.halted_at < PATIENCE
    told = lines(played, at, state, is_early=True)
    assert "NOW       web1: step 1 MAY STILL RUN: its end is waited for" in told
    assert "its command may still run" in told
    assert "web2, web3: in rotation, untouched" in told
    at_last = lines(played, played.took, played.state, is_early=False)
    assert "MAY STILL RUN" not in at_last
    assert "NOT IN THE JOURNAL" in at_last
    goes_on(scenario, played)


@both
@pytest.mark.parametrize("phase", WALK)
def test_fails(phase: Phase, like: Like) -> None:
    """A halt in order: exit 5, what only drains goes back, and a finished step is not lost."""
    scenario = like(met(phase, fails))
    played = play(scenario)
    if phase in UNTOUCHED:
        ended(played, "refused", 3)
    else:
        ended(played, "halted", 5)
        assert played.state.halt is not None
        assert FULL in played.state.halt.seen
    if phase in (*UNTOUCHED, *LEAVING):
        assert admin(played) is Admin.READY
    goes_on(scenario, played, is_strange=phase in BY_THE_JOURNAL_OUT)


@both
@pytest.mark.parametrize("phase", [phase for phase in WALK if phase not in UNTOUCHED])
def test_space_is_left_to_come_to_rest(phase: Phase, like: Like) -> None:
    """The halt is in the journal, and the operator decides."""
    scenario = like(met(phase, fills))
    played = play(scenario)
    ended(played, "halted", 5)
    assert [halt.seen for halt in played.told(Halted)] == [f"the journal cannot be used: {FULL}"]
    assert len(played.told(Finished)) == 1
    goes_on(scenario, played, RESUMED)

"""The operator's hand: pause, resume, abort, `--only`, `--step`; and what is inherited."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import (
    Event,
    MemberInherited,
    MemberStoodDown,
    PauseRequested,
    ResumeRequested,
    RunBegan,
    StopRequested,
)
from controller.core.phases import Phase
from controller.core.pool import Admin, Found, FoundLine, LineKey
from controller.core.settings import OnFailure
from controller.core.steps import AskOperator, RunStep, Setting
from controller.records import Verb
from controller.runner.loop import Runner
from tests.promises.beats import (
    Like,
    at,
    bad_v2,
    both,
    ended,
    outage,
    recover,
    request,
    scripted,
    signal,
)
from tests.support.fakes import Script
from tests.support.plays import WARM_UP, Played, play, play_on, start
from tests.support.scenarios import (
    QUICK,
    ROLLOUT,
    Beat,
    Scenario,
    World,
    enters,
    ms,
)
from tests.support.sim import Sim, make_sim
from tests.support.virtual import run_virtually

TWO, THREE, FOUR = (partial(make_sim, count) for count in (2, 3, 4))
RESUME = ResumeRequested("operator", "it was the network")


# --- pause -----------------------------------------------------------------------------------


def test_pause_and_resume() -> None:
    """A paused rollout finishes who is in hand, begins nobody, and goes on when told to."""

    def act(world: World, runner: Runner) -> None:
        request(Verb.PAUSE)(world, runner)
        request(Verb.RESUME, after=6000)(world, runner)

    played = play(Scenario(beats=at("web1", Phase.UPGRADING, act)))
    ended(played, "done", 0)
    assert played.took > ms(6000)
    assert len(played.told(PauseRequested)) == len(played.told(ResumeRequested)) == 1


def test_pause_while_a_member_waits_its_turn() -> None:
    """One that was called but not touched is not touched while paused."""

    def act(world: World, runner: Runner) -> None:
        request(Verb.PAUSE)(world, runner)
        request(Verb.ABORT, after=2000)(world, runner)

    def prepare(world: World) -> None:
        world.workshop.thinks = ms(900)

    beats = at("web1", Phase.ASKING, act)
    played = play(Scenario(has_guard=True, prepare=prepare, beats=beats))
    ended(played, "aborted", 7)
    assert played.told(MemberStoodDown)[0].member == "web1"
    assert played.calls == []


# --- resume after a halt -----------------------------------------------------------------------


@both
def test_failed_member_is_taken_up_again(like: Like) -> None:
    """After the operator's decision the failed member goes first, from its first step, and the
    rollout ends well."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1, version=None), Script()))
    scenario = like(scenario)
    halted = play(scenario)
    ended(halted, "halted", 5)
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert [step.attempt for step in done.steps("web1", RunStep)] == [0, 1]
    assert Setting.RESTORE not in done.settings("web1")


@both
def test_begun_never_goes_back_unvalidated(like: Like) -> None:
    """Taken up again and stopped before its step, a changed member stays out all the same (S4)."""
    scenario = Scenario(
        sim=THREE,
        prepare=scripted(Script(exit_code=1), Script()),
        beats=(Beat(enters("web1", Phase.OUT), lambda world, runner: None),),
    )
    scenario = like(scenario)
    halted = play(scenario)
    stopping = replace(scenario, beats=(Beat(enters("web1", Phase.HOLDING), signal()),))
    halted.world.fired.clear()
    stopped = play_on(stopping, halted.world, RESUME)
    ended(stopped, "stopped", 7)
    assert stopped.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT
    ended(play_on(scenario, stopped.world), "done", 0)


@both
def test_kept_member_soaks_again(like: Like) -> None:
    """One that a halt left in rotation is soaked again before anybody else goes."""
    scenario = Scenario(sim=THREE, beats=at("web1", Phase.SOAKING, outage("refuses", "lb1")))
    scenario = like(scenario)
    halted = play(scenario)
    ended(halted, "halted", 5)
    assert halted.phases()["web1"] == "kept"
    recover(halted.world, "lb1")
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert len(done.steps("web1", RunStep)) == 1


@both
@pytest.mark.parametrize("phase", [Phase.OUT, Phase.CHECKING, Phase.RETURNING, Phase.VALIDATING])
def test_resume_after_a_lost_balancer(phase: Phase, like: Like) -> None:
    """When the balancer is back, the member that was left goes its whole way again."""
    scenario = Scenario(
        sim=partial(make_sim, 3, instances=("lb1", "lb2")),
        beats=at("web1", phase, outage("refuses")),
    )
    scenario = like(scenario)
    halted = play(scenario)
    ended(halted, "halted", 5)
    recover(halted.world)
    ended(play_on(scenario, halted.world, RESUME), "done", 0)


@both
def test_resume_after_a_rollback(like: Like) -> None:
    """What was rolled back is upgraded anew once the operator has decided so."""
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_ALL)
    scenario = Scenario(policies, THREE, prepare=bad_v2("web2"), has_rollback=True)
    scenario = like(scenario)
    halted = play(scenario)
    assert set(halted.versions().values()) == {"v1"}
    halted.world.sim.traffic.fails = lambda app, number: False
    done = play_on(scenario, halted.world, RESUME)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}


def test_resume_after_a_stuck_rollback() -> None:
    """A stuck member is taken up again, too."""

    def prepare(world: World) -> None:
        bad_v2("web1")(world)
        world.workshop.scripts["rollback", "web1", "0"] = [Script(exit_code=1, version=None)]

    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
    scenario = Scenario(policies, THREE, prepare=prepare, has_rollback=True)
    halted = play(scenario)
    halted.world.sim.traffic.fails = lambda app, number: False
    ended(play_on(scenario, halted.world, RESUME), "done", 0)


def test_resume_in_the_midst_of_a_halt() -> None:
    """A resume that comes while members are still being brought to rest ends in another halt,
    not in a rollout that waits for ever."""
    scenario = Scenario(
        sim=THREE, prepare=bad_v2(), beats=at("web1", Phase.REMOVING, request(Verb.RESUME))
    )
    played = play(scenario)
    assert played.broken == []
    assert played.end.exit_code in (4, 5)


# --- one member only, step by step -------------------------------------------------------------


@both
def test_only_one_member(like: Like) -> None:
    """`--only` touches nobody else, and says that the rollout is done in part."""
    played = play(like(Scenario(sim=THREE, begin=RunBegan("tester", only=("web2",)))))
    ended(played, "partly done", 0)
    assert list(played.versions().values()) == ["v1", "v2", "v1"]
    ended(play_on(like(Scenario(sim=THREE)), played.world), "done", 0)


def test_failed_out_of_order_goes_first() -> None:
    """A member that an `--only` run left out goes first when all may go: it uses up the share."""
    scenario = Scenario(
        sim=THREE,
        prepare=scripted(Script(exit_code=1), Script(), member="web3"),
        begin=RunBegan("tester", only=("web3",)),
    )
    halted = play(scenario)
    everybody = replace(scenario, begin=RunBegan("tester"))
    done = play_on(everybody, halted.world, RESUME)
    ended(done, "done", 0)


def test_no_room_for_anybody_halts() -> None:
    """With a member of ours out that this run may not touch, it halts instead of waiting."""
    scenario = Scenario(
        sim=THREE,
        prepare=scripted(Script(exit_code=1), member="web3"),
        begin=RunBegan("tester", only=("web3",)),
    )
    halted = play(scenario)
    other = replace(scenario, begin=RunBegan("tester", only=("web1",)))
    again = play_on(other, halted.world, RESUME)
    ended(again, "halted", 5)
    assert "still out of rotation because of poolroll" in again.end.why
    assert again.versions()["web1"] == "v1"


def test_stepwise_yes() -> None:
    """`--step` asks before each member."""
    begin = RunBegan("tester", stepwise=True)
    played = play(Scenario(begin=begin, answers=(True,)))
    ended(played, "done", 0)
    asked = [len(played.steps(name, AskOperator)) for name in ("web1", "web2")]
    assert asked == [1, 1]


def test_stepwise_no() -> None:
    """A no stops the rollout before its member is touched, exit 7."""
    begin = RunBegan("tester", stepwise=True)
    played = play(Scenario(begin=begin, answers=(True, False)))
    ended(played, "stopped", 7)
    assert played.phases() == {"web1": "done", "web2": "waiting"}
    assert played.told(StopRequested)[0].why == "the operator answered no for web2"


def test_stepwise_without_a_terminal_goes_on() -> None:
    """Where nobody can be asked, the question is answered with yes."""
    ended(play(Scenario(begin=RunBegan("tester", stepwise=True))), "done", 0)


# --- inherited ---------------------------------------------------------------------------------


def inherited(world: World, member: str = "web2") -> Event:
    """Out since an earlier rollout of ours."""
    world.sim.foreign(member, Admin.OUT)
    for _, line in world.sim.every_line(member):
        line.ours, line.foreign = True, False
    found = Found((FoundLine(LineKey("lb1", "web"), 100),))
    return MemberInherited(member, found)


def with_inherited(scenario: Scenario) -> Played:
    events: list[Event] = []
    meant = replace(
        scenario, inherited=("web2",), prepare=lambda world: events.append(inherited(world))
    )
    world = meant.world()
    return run_virtually(start(meant, world, events), WARM_UP)


def test_inherited_member_goes_first() -> None:
    """What an earlier rollout left out is upgraded first, without draining what is out already."""
    played = with_inherited(Scenario(sim=THREE))
    ended(played, "done", 0)
    assert [m.name for m in played.plan.members] == ["web2", "web1", "web3"]
    assert Setting.DRAIN not in played.settings("web2")


def test_inherited_member_that_is_there_is_only_validated() -> None:
    """`unless` says that it is there: no step runs, and it is validated and returned."""

    def sim() -> Sim:
        made = make_sim(3)
        made.apps["web2"].version = "v2"
        return made

    played = with_inherited(Scenario(sim=sim, has_guard=True))
    ended(played, "done", 0)
    assert played.steps("web2", RunStep) == []
    assert played.phases()["web2"] == "done"


def test_inherited_member_is_never_just_put_back() -> None:
    """What was done to it is not known, so a stop leaves it out (S4)."""
    played = with_inherited(Scenario(sim=THREE, beats=at("web2", Phase.OUT, signal())))
    ended(played, "stopped", 7)
    assert played.world.sim.instances["lb1"].of("web2")[0].admin is Admin.OUT
    assert len(played.world.journal.out_by(ROLLOUT)) <= 1

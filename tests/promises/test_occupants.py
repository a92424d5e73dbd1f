"""Who is in the place of a member changes without us: before, during and after its upgrade."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Cause, Halted, MemberCalled, MemberMoved, ResumeRequested
from controller.core.phases import Phase
from controller.core.pool import Admin, Occupant
from controller.core.settings import Amount, ReturnPolicy
from controller.core.steps import AskGuard, RunStep, SetMember, Setting, Validate
from controller.runner.loop import Runner
from tests.promises.beats import (
    Like,
    at,
    both,
    ended,
    later,
    scripted,
    slow_requests,
    three_behind_two,
)
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Act, Beat, Scenario, World, enters, ms, of_places
from tests.support.sim import PLACES, Sim, make_sim

FOUR = partial(make_sim, 4, instances=("lb1", "lb2"))
SLOW = ReturnPolicy(ms(900))
THREE = ("web1", "web2", "web3")


def slow_answers(world: World) -> None:
    world.workshop.thinks = ms(300)


def moves(after: int = 30, instance: str | None = None, member: str = "web1") -> Act:
    return later(ms(after), lambda sim: sim.move(member, instance))


def admins(played: Played) -> set[Admin]:
    return {line.admin for _, line in played.world.sim.every_line("web1")}


def seen_by(played: Played) -> list[Occupant]:
    """Whom the validations of web1 were made for, in turn."""
    return [step.seats[0].occupant for step in played.steps("web1", Validate)]


@pytest.mark.parametrize("instance", [None, "lb2"], ids=["everywhere", "at one"])
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.OUT])
def test_before_its_upgrade(phase: Phase, instance: str | None) -> None:
    """Halted before anything is done to it, and it goes back as it was (S14)."""
    after = 5 if phase is Phase.DRAINING else 30
    scenario = Scenario(QUICK, three_behind_two, beats=at("web1", phase, moves(after, instance)))
    played = play(of_places(scenario))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.OCCUPANT]
    assert played.steps("web1", RunStep) == []
    assert (played.phases()["web1"], admins(played)) == ("waiting", {Admin.READY})


def test_while_it_waits() -> None:
    """At a new address that nobody else has it is upgraded as who it is now, and that is said."""
    beats = at("web1", Phase.UPGRADING, moves(member="web2"))
    played = play(of_places(Scenario(QUICK, three_behind_two, beats=beats)))
    ended(played, "done", 0)
    (step,) = played.steps("web2", RunStep)
    assert {seat.occupant.port for seat in step.seats} == {8081}
    (moved, *_) = [one for one in played.told(MemberMoved) if one.member == "web2"]
    assert (moved.was, str(moved.seats[0].occupant)) == ("10.0.0.2:8080", "10.0.0.2:8081")
    assert played.events.index(moved) < played.events.index(MemberCalled("web2"))


def newcomer(after: int = 30, member: str = "web1") -> Act:
    """A machine with the former version comes to stand behind the name."""

    def act(sim: Sim) -> None:
        sim.move(member)
        sim.apps[member].version = "v1"

    return later(ms(after), act)


@pytest.mark.parametrize("has_guard", [False, True])
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.UPGRADING, Phase.SOAKING])
def test_after_it_was_done(phase: Phase, has_guard: bool) -> None:
    """What was upgraded is no longer what users meet under that name: the newcomer is upgraded in
    a turn of its own, and that is said."""
    scenario = Scenario(QUICK, FOUR, beats=at("web2", phase, newcomer()), has_guard=has_guard)
    played = play(scenario)
    ended(played, "done", 0)
    assert played.versions() == dict.fromkeys(played.versions(), "v2")
    assert [one.member for one in played.told(MemberMoved)] == ["web1"]
    ports = [one.seats[0].occupant.port for one in played.steps("web1", RunStep)]
    assert ports == [8080, 8081]


def test_after_the_last_one_but_one_was_done() -> None:
    """The rollout does not end before it is known what follows: one load balancer shows the
    newcomer later than the other."""

    def act(world: World, runner: Runner) -> None:
        moves(100, instance="lb1")(world, runner)
        late = world.sim.now + ms(1250)
        world.sim.plans.append((late, lambda sim: sim.move_on("web1", "lb2")))

    beats = at("web4", Phase.RETURNING, act)
    played = play(Scenario(replace(QUICK, soak=ms(900)), FOUR, beats=beats))
    ended(played, "done", 0)
    assert [one.member for one in played.told(MemberMoved)] == ["web1"]


def test_after_it_was_done_at_one_balancer_for_good() -> None:
    """After as long as for a return that is an out-of-band change; going on, the member is taken
    as whoever all of them show by then."""
    policies = replace(QUICK, comeback=SLOW)
    beats = at("web2", Phase.SOAKING, moves(instance="lb1"))
    scenario = Scenario(policies, FOUR, beats=beats)
    played = play(scenario)
    ended(played, "halted", 5)
    assert "web1 is 10.0.0.1:8081 (web at lb1) and 10.0.0.1:8080" in played.end.why
    played.world.sim.move_on("web1", "lb2")
    again = play_on(scenario, played.world, ResumeRequested("me", "the resolver was late"))
    ended(again, "done", 0)
    assert len(again.steps("web1", RunStep)) == 2


def test_one_that_is_done_becomes_another_member() -> None:
    """Two names change their machines, one of them done: halted, and nothing is upgraded as the
    other (S14)."""
    beats = at("web2", Phase.SOAKING, later(ms(30), lambda sim: sim.swap("web1", "web3")))
    scenario = Scenario(QUICK, three_behind_two, beats=beats)
    played = play(scenario)
    ended(played, "halted", 5)
    assert "10.0.0.3:8080 (web at lb1) now, which is the address of web3" in played.end.why
    again = play_on(scenario, played.world, ResumeRequested("me", "a new template"))
    ended(again, "done", 0)
    assert again.versions() == dict.fromkeys(THREE, "v2")


def test_it_comes_and_goes() -> None:
    """One that is itself again when it was looked at has nothing more to do."""

    def act(world: World, runner: Runner) -> None:
        later(ms(5), lambda sim: sim.swap("web1", "web3"))(world, runner)
        later(ms(25), lambda sim: sim.swap("web1", "web3"))(world, runner)
        later(ms(30), lambda sim: sim.swapped.clear())(world, runner)

    played = play(Scenario(QUICK, FOUR, beats=at("web2", Phase.UPGRADING, act)))
    ended(played, "done", 0)
    assert played.told(MemberMoved) == []


@both
def test_names_change_their_machines(like: Like) -> None:
    """Two that wait become each other: halted before the first is touched (S14). When the operator
    goes on, each is upgraded as the machine that it is now."""
    beats = at("web1", Phase.UPGRADING, later(ms(30), lambda sim: sim.swap("web2", "web3")))
    scenario = like(Scenario(QUICK, three_behind_two, beats=beats))
    played = play(scenario)
    ended(played, "halted", 5)
    assert "10.0.0.3:8080 (web at lb1) now, which is the address of web3" in played.end.why
    assert played.phases() == {"web1": "done", "web2": "waiting", "web3": "waiting"}
    again = play_on(scenario, played.world, ResumeRequested("me", "a new template"))
    ended(again, "done", 0)
    assert again.versions() == dict.fromkeys(("web1", "web2", "web3"), "v2")
    addresses = [again.steps(name, RunStep)[0].seats[0].occupant.address for name in THREE[1:]]
    assert addresses == ["10.0.0.3", "10.0.0.2"]


@pytest.mark.parametrize(
    ("after", "act"),
    [(30, lambda sim: sim.swap("web1", "web2")), (290, lambda sim: sim.same("web3", "web1"))],
    ids=["goes to another name", "gets a second name"],
)
def test_machine_during_its_step(after: int, act: Callable[[Sim], None]) -> None:
    """What its step works on is in rotation under another name: halted, and nothing goes on."""
    beats = at("web1", Phase.UPGRADING, later(ms(after), act))
    played = play(Scenario(QUICK, three_behind_two, steps=2, beats=beats))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.OCCUPANT]
    assert len(played.steps("web1", RunStep)) == 1
    assert played.phases()["web1"] == "failed"


@both
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.OUT])
def test_a_second_name_comes_up(phase: Phase, like: Like) -> None:
    """Another name comes to lead to the machine that is being taken out: halted before its upgrade,
    and it goes back."""
    beats = at("web1", phase, later(ms(5), lambda sim: sim.same("web3", "web1")))
    played = play(like(Scenario(QUICK, three_behind_two, slow_requests(ms(1500)), beats)))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.OCCUPANT]
    assert (played.steps("web1", RunStep), played.phases()["web1"]) == ([], "waiting")


@pytest.mark.parametrize(("lag", "end"), [(600, "done"), (9000, "halted")])
def test_one_balancer_is_late(lag: int, end: str) -> None:
    """A name is resolved again by one load balancer first: the others get the time of a return."""

    def act(world: World, runner: Runner) -> None:
        moves(member="web2", instance="lb1")(world, runner)
        late = world.sim.now + ms(lag)
        world.sim.plans.append((late, lambda sim: sim.move_on("web2", "lb2")))

    policies = replace(QUICK, comeback=SLOW)
    beats = at("web1", Phase.SOAKING, act)
    played = play(Scenario(policies, three_behind_two, beats=beats, step_time=ms(50)))
    ended(played, end, 0 if end == "done" else 5)
    if end == "halted":
        assert "web2 is 10.0.0.2:8081 (web at lb1) and 10.0.0.2:8080" in played.end.why


def test_it_moves_while_it_is_asked_about() -> None:
    """An answer about the former one does not count: the present one is asked."""
    scenario = Scenario(QUICK, three_behind_two, has_guard=True)
    beats = at("web2", Phase.ASKING, moves(5, member="web2"))
    played = play(replace(scenario, beats=beats, prepare=slow_answers))
    ended(played, "done", 0)
    asked = [one.seats[0].occupant.port for one in played.steps("web2", AskGuard)]
    assert asked == [8080, 8081, 8081]  # the last one as proof


@pytest.mark.parametrize(("back", "end"), [(600, "done"), (9000, "halted")])
def test_its_address_is_late(back: int, end: str) -> None:
    """A name that is published late: nobody is validated at an address that is not known."""

    def act(world: World, runner: Runner) -> None:
        late = world.sim.now + ms(back)
        world.sim.hide("web1", instance="lb2")
        world.sim.plans.append((late, lambda sim: sim.hide("web1", hidden=False)))

    scenario = Scenario(
        replace(QUICK, comeback=SLOW), three_behind_two, beats=at("web1", Phase.UPGRADING, act)
    )
    played = play(scenario)
    ended(played, end, 0 if end == "done" else 5)
    assert len(played.steps("web1", Validate)) == (end == "done")
    if end == "halted":
        assert "web1: lb2 shows no address of it" in played.end.why


def test_a_move_outlives_the_process() -> None:
    """Killed right after it was said: the next process goes on with the same machine (S7)."""
    beats = at("web1", Phase.UPGRADING, moves(member="web2"))
    scenario = Scenario(QUICK, three_behind_two, beats=beats)
    _, cuts = film(scenario)
    cut = next(one for one in cuts if "after MemberMoved" in one.label)
    played = play_on(scenario, cut.world, at=cut.at)
    ended(played, "done", 0)
    assert [one.member for one in played.told(MemberMoved)] == ["web2"]


def test_during_its_step() -> None:
    """That is what an upgrade does: the one who is there afterwards is validated and returned."""
    beats = at("web1", Phase.UPGRADING, moves(100))
    played = play(of_places(Scenario(QUICK, three_behind_two, beats=beats)))
    ended(played, "done", 0)
    assert [one.port for one in seen_by(played)] == [8082]


@pytest.mark.parametrize("steps", [1, 3])
def test_each_step_and_validation_is_for_who_is_there(steps: int) -> None:
    """Each of several steps brings another occupant, at one load balancer later than at the other:
    what comes next waits for both, and means the new one."""
    played = play(of_places(Scenario(QUICK, three_behind_two, steps=steps)))
    ended(played, "done", 0)
    ports = [{seat.occupant.port for seat in one.seats} for one in played.steps("web1", RunStep)]
    assert ports == [{8080 + number} for number in range(steps)]
    (validation,) = played.steps("web1", Validate)
    assert {seat.occupant.port for seat in validation.seats} == {8080 + steps}


def test_at_one_of_two_alone_after_its_step() -> None:
    """What every load balancer must show and one never does is waited for as long as for the
    return, then the member fails; no user meets it (S4)."""

    policies = replace(QUICK, comeback=SLOW)
    scenario = Scenario(
        policies,
        three_behind_two,
        prepare=scripted(Script(version=None)),
        beats=at("web1", Phase.UPGRADING, moves(30, "lb1")),
    )
    played = play(of_places(scenario))
    ended(played, "halted", 5)
    assert "lb1 has the new address of web1, 10.0.0.1:8081, and others" in played.end.why
    assert played.steps("web1", Validate) == []
    assert (played.phases()["web1"], admins(played)) == ("failed", {Admin.OUT})


@pytest.mark.parametrize("instance", [None, "lb2"], ids=["everywhere", "at one"])
@pytest.mark.parametrize("phase", [Phase.VALIDATING, Phase.CHECKING])
def test_after_its_proof_began(phase: Phase, instance: str | None) -> None:
    """What was proven is not what is there: halted, and left out, before users meet it (S4)."""
    scenario = Scenario(QUICK, three_behind_two, beats=at("web1", phase, moves(5, instance)))
    played = play(of_places(scenario))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.OCCUPANT]
    assert (played.phases()["web1"], admins(played)) == ("failed", {Admin.OUT})


@pytest.mark.parametrize(
    ("floor", "phase", "admin"),
    [(None, "failed", Admin.OUT), (4, "kept", Admin.READY)],
    ids=["room", "no room"],
)
def test_while_it_soaks(floor: int | None, phase: str, admin: Admin) -> None:
    """Nothing is known of the one that users meet now: it goes out again, where the floor permits
    (S2), and the halt says so where it does not."""

    def act(world: World, runner: Runner) -> None:
        moves()(world, runner)
        if floor is not None:
            later(ms(10), lambda sim: sim.down("web4"))(world, runner)

    policies = replace(QUICK, soak=ms(2500), min_available=Amount(3))
    scenario = Scenario(policies, FOUR, beats=at("web1", Phase.SOAKING, act))
    played = play(of_places(scenario))
    ended(played, "halted", 5)
    assert played.told(Halted)[0].condemned == ("web1",)
    assert (played.phases()["web1"], admins(played)) == (phase, {admin})
    if floor is not None:
        assert "failed, but stays in rotation" in played.state.members["web1"].why


@pytest.mark.parametrize("phase", [Phase.OUT, Phase.UPGRADING, Phase.VALIDATING, Phase.SOAKING])
def test_while_no_process_runs(phase: Phase) -> None:
    """Killed, replaced, and taken up again: the same as if it had been seen to happen (S7)."""
    scenario = of_places(Scenario(replace(QUICK, soak=ms(900)), three_behind_two))
    whole = replace(scenario, beats=(Beat(enters("web1", phase), _marks),))
    _, cuts = film(whole)
    cut = next(one for one in cuts if one.world.fired)
    cut.world.sim.advance(cut.at)
    cut.world.sim.move("web1")
    played = play_on(scenario, cut.world, at=cut.at)
    assert played.broken == []
    ends = {Phase.UPGRADING: "done"}
    assert played.end.outcome == ends.get(phase, "halted")


def _marks(world: World, runner: Runner) -> None:
    """Only that it was reached."""


def test_lag_of_the_proxies_is_waited_out() -> None:
    """A step starts only when the last request that comes late can have ended (S3), also after a
    reload and in each process anew."""

    def reload(sim: Sim) -> None:
        sim.reload("lb2")

    plain = play(of_places(Scenario(sim=three_behind_two)))
    scenario = Scenario(sim=three_behind_two, beats=at("web1", Phase.OUT, later(ms(120), reload)))
    again = play(of_places(scenario))
    ended(plain, "done", 0)
    ended(again, "done", 0)
    begun = [min(job.started for job in one.world.workshop.jobs.values()) for one in (plain, again)]
    assert begun[1] - begun[0] >= ms(110)
    assert plain.plan.settle == PLACES.settle


def test_settle_begins_anew_after_a_kill() -> None:
    """What the former process saw of a quiet member counts for nothing."""
    scenario = of_places(Scenario())
    _, cuts = film(scenario)
    cut = next(one for one in cuts if "after MemberSet" in one.label)
    played = play_on(scenario, cut.world, after=ms(20), at=cut.at)
    ended(played, "done", 0)
    first = min(job.started for job in played.world.workshop.jobs.values())
    assert first - (cut.at + ms(20)) >= PLACES.settle


def test_no_cut_and_no_setting_for_the_former_one() -> None:
    """Behind these load balancers nothing is cut, and a return is never for a former occupant."""
    played = play(of_places(Scenario(sim=three_behind_two)))
    assert Setting.CUT not in played.settings("web1")
    back = [
        step
        for step in played.steps("web1", SetMember)
        if step.setting in (Setting.CHECK, Setting.PUT_BACK)
    ]
    assert {seat.occupant.port for step in back for seat in step.seats} == {8081}

"""Reloads, outages and other hands at the load balancers, in each phase."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Cause, Halted, InstanceRestarted, SettingFailed, Validated
from controller.core.phases import LEAVING, Phase
from controller.core.pool import Admin, Instant
from controller.core.settings import Amount, DrainPolicy
from controller.core.steps import SetMember, Setting
from controller.journal.codec import decode
from controller.report.members.status import member_status
from controller.runner.loop import Runner
from tests.promises.beats import (
    WALK,
    Like,
    at,
    back_after,
    both,
    ended,
    foreign,
    guarded,
    later,
    outage,
    reload_one,
    slow_requests,
    three_behind_two,
)
from tests.support.plays import Played, play
from tests.support.scenarios import QUICK, ROLLOUT, Beat, Scenario, World, enters, ms, tells
from tests.support.sim import Sim, make_sim


def sent_settings(played: Played) -> list[tuple[Instant, SetMember]]:
    """When each setting was intended."""
    records = played.world.journal.written(ROLLOUT)
    intended = [(one.at, decode(one.kind, one.body)) for one in records if one.kind == "Intended"]
    return [(at, one.step) for at, one in intended if isinstance(one.step, SetMember)]


BEFORE = (Phase.ASKING, Phase.DUE, *LEAVING)


@both
@pytest.mark.parametrize("phase", WALK)
def test_reload_in_each_phase(phase: Phase, like: Like) -> None:
    """A reload is noticed, what was set is set again before anything else, and all goes on."""
    played = play(like(guarded(phase, reload_one)))
    ended(played, "done", 0)
    assert [event.instance for event in played.told(InstanceRestarted)] == ["lb1"]


@both
@pytest.mark.parametrize("phase", [Phase.OUT, Phase.UPGRADING])
def test_reload_is_set_right_soon(phase: Phase, like: Like) -> None:
    """Within a second of a reload the new worker shows the member out again (S9)."""
    shown: list[Admin] = []

    def look(sim: Sim) -> None:
        shown.append(sim.instances["lb1"].of("web1")[0].admin)

    def act(world: World, runner: Runner) -> None:
        reload_one(world, runner)
        world.sim.plans += [(world.sim.now + ms(after), look) for after in (10, 900)]

    ended(play(like(guarded(phase, act, step_time=ms(1500)))), "done", 0)
    assert shown == [Admin.READY, Admin.OUT]


def test_step_waits_for_the_old_worker() -> None:
    """A step starts only when the former worker has ended what it had in flight (S9)."""
    scenario = guarded(Phase.DRAINING, reload_one, prepare=slow_requests(ms(1200)))
    ended(play(scenario), "done", 0)


def test_step_waits_blindly_where_old_workers_cannot_be_seen() -> None:
    """Through an endpoint that shows no former workers, the step waits for `drain.timeout`."""

    def prepare(world: World) -> None:
        world.sim.instances["lb1"].shows_old = False

    seen = play(guarded(Phase.DRAINING, reload_one))
    blind = play(guarded(Phase.DRAINING, reload_one, prepare=prepare))
    ended(blind, "done", 0)
    assert blind.took - seen.took > ms(1500)


def test_old_worker_that_never_ends_halts() -> None:
    """A former worker that is seen to serve past `drain.timeout` halts the rollout; the member
    goes back as it was."""
    played = play(guarded(Phase.OUT, reload_one, prepare=slow_requests(ms(60_000), "web2")))
    ended(played, "halted", 5)
    assert "lingering worker of lb1" in played.end.why
    assert played.phases()["web1"] == "waiting"


def reloaded_before(takes: timedelta, *, is_seen: bool) -> Scenario:
    """A reload right before the run, over requests of web1 that take so long."""

    def prepare(world: World) -> None:
        slow_requests(takes)(world)
        world.sim.instances["lb1"].shows_old = is_seen
        world.sim.advance(ms(300))
        world.sim.reload("lb1")
        world.sim.apps["web1"].takes = ms(10)

    return replace(guarded(Phase.DONE, lambda *_: None), prepare=prepare)


@pytest.mark.parametrize("is_seen", [True, False])
def test_reload_before_the_run_is_waited_for(is_seen: bool) -> None:
    """The former worker of a reload before the run is waited for like any other, before a member is
    taken out: until it is seen gone, or for the rest of `drain.timeout` (S9)."""
    played = play(reloaded_before(ms(1500), is_seen=is_seen))
    ended(played, "done", 0)
    (first, *_) = [at for at, sent in sent_settings(played) if sent.setting is Setting.DRAIN]
    assert ms(1750) <= first <= ms(2500)


def test_former_worker_from_before_the_run_that_never_ends() -> None:
    """Nothing is touched under it."""
    played = play(reloaded_before(ms(60_000), is_seen=True))
    ended(played, "refused", 3)
    assert played.calls == []


def test_two_reloads_remember_both_old_workers() -> None:
    """The step waits for the first former worker too, when a second reload comes after."""

    def twice(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        world.sim.plans.append((world.sim.now + ms(300), lambda sim: sim.reload("lb1")))

    policies = replace(QUICK, drain=DrainPolicy(timeout=ms(5000)))
    scenario = guarded(Phase.DRAINING, twice, policies=policies)
    ended(play(replace(scenario, prepare=slow_requests(ms(2500)))), "done", 0)


@pytest.mark.parametrize("phase", WALK)
@pytest.mark.parametrize("kind", ["refuses", "hangs"])
def test_balancer_lost_in_each_phase(phase: Phase, kind: str) -> None:
    """One that stays away holds the rollout, then halts it, and no next member goes."""
    played = play(guarded(phase, outage(kind)))
    is_touched = phase not in (Phase.ASKING, Phase.DUE)
    ended(played, *(("halted", 5) if is_touched else ("refused", 3)))
    assert [halt.cause for halt in played.told(Halted)] == [Cause.BALANCER]
    assert played.phases()["web2"] == "waiting"
    if phase in BEFORE:
        assert played.versions()["web1"] == "v1"


@pytest.mark.parametrize("phase", WALK)
def test_balancer_away_for_a_moment(phase: Phase) -> None:
    """One that is back in time only delays."""
    ended(play(guarded(phase, back_after(ms(700)))), "done", 0)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.OUT, Phase.CHECKING, Phase.RETURNING])
def test_no_deadline_runs_while_a_balancer_is_away(phase: Phase) -> None:
    """It is away for longer than the return and the drain may take, and both go on where they
    were."""
    policies = replace(
        QUICK,
        lost_after=ms(9000),
        drain=DrainPolicy(timeout=ms(900), sticky=ms(500)),
        comeback=replace(QUICK.comeback, within=ms(900)),
    )
    prepare = slow_requests(ms(500))
    ended(play(guarded(phase, back_after(ms(2500)), policies=policies, prepare=prepare)), "done", 0)


@pytest.mark.parametrize("is_away", [True, False], ids=["one is away", "all are seen"])
def test_validation_has_its_time_while_balancers_are_seen(is_away: bool) -> None:
    """One that failed while a balancer was away is repeated."""

    def slow_to_start(world: World, runner: Runner) -> None:
        world.sim.apps["web1"].answers = False
        world.sim.plans.append((world.sim.now + ms(1500), starts))
        if is_away:
            back_after(ms(2000))(world, runner)

    def starts(sim: Sim) -> None:
        sim.apps["web1"].answers = True

    policies = replace(QUICK, lost_after=ms(9000))
    played = play(guarded(Phase.VALIDATING, slow_to_start, policies=policies))
    ended(played, *(("done", 0) if is_away else ("halted", 5)))
    tries = [one.passed for one in played.told(Validated) if one.member == "web1"]
    assert tries == ([False, True] if is_away else [False])


def test_soak_is_not_over_while_nobody_watches() -> None:
    """An outage in the soak makes it longer (S5)."""
    policies = replace(QUICK, lost_after=ms(9000), soak=ms(1500))
    short, long = (
        play(guarded(Phase.SOAKING, act, policies=policies))
        for act in (back_after(ms(10)), back_after(ms(2500)))
    )
    ended(long, "done", 0)
    assert long.took - short.took > ms(2000)


def test_balancer_never_there_is_refused() -> None:
    """One that does not answer from the start: nothing was touched, exit 3."""
    scenario = Scenario(sim=three_behind_two, beats=(Beat(tells(object), outage("refuses")),))
    played = play(scenario)
    ended(played, "refused", 3)
    assert played.calls == []


@both
def test_reload_of_one_while_the_other_is_lost(like: Like) -> None:
    """The member is taken out again at the one that can be told, also when another is lost (S4)."""
    shown: list[Admin] = []

    def act(world: World, runner: Runner) -> None:
        outage("refuses")(world, runner)
        world.sim.reload("lb1")
        after = world.sim.now + ms(700)
        world.sim.plans.append(
            (after, lambda sim: shown.append(sim.instances["lb1"].of("web1")[0].admin))
        )

    played = play(like(guarded(Phase.UPGRADING, act, step_time=ms(1500))))
    ended(played, "halted", 5)
    assert shown == [Admin.OUT]


@pytest.mark.parametrize("instance", [None, "lb2"], ids=["everywhere", "at one"])
@pytest.mark.parametrize("phase", [Phase.RETURNING, Phase.SOAKING])
def test_taken_out_by_another_hand_is_said(phase: Phase, instance: str | None) -> None:
    """Who is out everywhere is not said to be in rotation, and who is at one balancer is."""
    played = play(guarded(phase, foreign(Admin.OUT, instance=instance)))
    ended(played, "halted", 5)
    said = "TAKEN OUT BY SOMEBODY ELSE" if instance is None else "IN ROTATION"
    told = member_status(played.plan, played.state, played.state.members["web1"])
    assert told.startswith(f"upgraded, {said}, not proven")
    assert (" TAKEN OUT BY SOMEBODY ELSE at lb2" in told) is (instance is not None)


@pytest.mark.parametrize("phase", [phase for phase in WALK if phase is not Phase.ASKING])
def test_foreign_hand_in_each_phase(phase: Phase) -> None:
    """Another hand is noticed and not fought; the rollout halts and says so (S14)."""
    is_back = phase in (Phase.RETURNING, Phase.SOAKING)
    played = play(guarded(phase, foreign(Admin.OUT if is_back else Admin.READY), step_time=ms(400)))
    ended(played, "halted", 5)
    assert played.told(Halted)[0].cause is Cause.FOREIGN
    if phase in BEFORE:
        assert played.phases()["web1"] == "waiting"
        assert played.versions()["web1"] == "v1"


@both
def test_foreign_hand_during_a_step(like: Like) -> None:
    """It is taken out once more, the step ends, then the rollout halts with the member out."""
    played = play(like(guarded(Phase.UPGRADING, foreign(Admin.READY))))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "failed"
    assert played.versions()["web1"] == "v2"
    assert [name for name, member in played.calls if member == "web1"].count("take_out") == 2


def test_foreign_hand_twice_during_a_step() -> None:
    """The second time it stays in rotation, and the halt says so: nobody is fought."""

    def twice(world: World, runner: Runner) -> None:
        for after in (30, 600):
            world.sim.plans.append(
                (world.sim.now + ms(after), lambda sim: sim.foreign("web1", Admin.READY))
            )

    played = play(guarded(Phase.UPGRADING, twice, step_time=ms(1500)))
    assert [line for line in played.broken if not line.startswith("S4")] == []
    assert (played.end.outcome, played.end.exit_code) == ("halted", 5)
    assert played.phases()["web1"] == "kept"


@both
def test_taken_out_by_others_before_its_turn(like: Like) -> None:
    """A member that others took out meanwhile is left alone, and the others go on (S8)."""
    scenario = Scenario(
        policies=replace(QUICK, min_available=Amount(2)),
        sim=partial(make_sim, 4),
        beats=at("web1", Phase.UPGRADING, foreign(Admin.OUT, "web3", None)),
    )
    played = play(like(scenario))
    ended(played, "done", 0)
    assert played.phases() == {"web1": "done", "web2": "done", "web3": "left out", "web4": "done"}
    assert "somebody else" in played.state.members["web3"].why


@pytest.mark.parametrize("phase", [Phase.DUE, Phase.OUT, Phase.CHECKING])
def test_balancer_that_does_not_do_as_told(phase: Phase) -> None:
    """One that answers looks and refuses settings halts the rollout after a few tries."""

    def refuse(world: World, runner: Runner) -> None:
        world.sim.instances["lb2"].unsettable = True

    when = {Phase.OUT: Phase.DRAINING, Phase.CHECKING: Phase.VALIDATING}.get(phase, phase)
    played = play(guarded(when, refuse))
    ended(played, "halted", 5)
    assert played.told(Halted)[0].cause is Cause.BALANCER
    assert 5 <= len(played.told(SettingFailed)) <= 12


def test_member_gone_from_the_configuration() -> None:
    """A member in hand that a reload removed halts the rollout instead of waiting for ever."""

    def vanish(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        del world.sim.instances["lb1"].lines["web", "web1"]

    played = play(guarded(Phase.DRAINING, vanish, prepare=slow_requests(ms(900))))
    assert (played.end.outcome, played.end.exit_code) == ("halted", 5)
    assert "no longer has web1" in played.end.why


def test_shown_out_after_a_reload_in_soak() -> None:
    """A configuration that brings the member back as disabled halts: it would serve nobody."""

    def disable(world: World, runner: Runner) -> None:
        world.sim.reload("lb1")
        world.sim.instances["lb1"].of("web1")[0].admin = Admin.OUT

    played = play(guarded(Phase.SOAKING, disable))
    assert (played.end.outcome, played.end.exit_code) == ("halted", 5)
    assert "out of rotation since it was reloaded" in played.end.why


def test_reload_that_disables_a_member_on_its_way_back() -> None:
    """Between check and return it is brought back once more, check first."""

    def disable(sim: Sim) -> None:
        sim.reload("lb1")
        sim.instances["lb1"].of("web1")[0].admin = Admin.OUT

    ended(play(guarded(Phase.CHECKING, later(ms(60), disable))), "done", 0)
    ended(play(guarded(Phase.RETURNING, later(ms(0), disable))), "done", 0)


def test_lost_while_nobody_is_in_hand() -> None:
    """Between two members, too, a lost balancer holds the rollout."""
    scenario = Scenario(
        sim=three_behind_two, beats=(Beat(enters("web1", Phase.DONE), back_after(ms(900))),)
    )
    ended(play(scenario), "done", 0)

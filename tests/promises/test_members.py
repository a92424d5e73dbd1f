"""What goes wrong at a member, before, during and after its upgrade."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Cause, Halted
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, DrainPolicy, OnTimeout
from controller.core.steps import AskGuard, RunStep, Setting, Validate
from tests.promises.beats import Like, at, both, ended, later, scripted, slow_requests
from tests.support.fakes import Script
from tests.support.plays import play
from tests.support.scenarios import QUICK, Scenario, World, ms
from tests.support.sim import Manner, Sim, make_sim

CUT = replace(QUICK, drain=DrainPolicy(ms(2000), ms(500), OnTimeout.CUT))


# --- drain -----------------------------------------------------------------------------------


def test_drain_deadline_halts() -> None:
    """Work that does not end in time halts with exit 5, and the member goes back as it was."""
    played = play(Scenario(prepare=slow_requests(ms(5000))))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "waiting"
    assert "requests or sessions were still in flight at web1 after 2s" in played.end.why
    assert Setting.HOLD not in played.settings("web1")


def test_drain_deadline_cuts() -> None:
    """`on_timeout: cut` takes the member out, ends what is left, once, and goes on."""
    played = play(Scenario(CUT, prepare=slow_requests(ms(60_000))))
    ended(played, "done", 0)
    assert played.settings("web1").count(Setting.CUT) == 1
    assert Setting.CUT not in played.settings("web2")


def test_cut_that_does_not_help_halts() -> None:
    """Sessions that survive every cut halt the rollout after a few, a second apart."""

    def prepare(world: World) -> None:
        slow_requests(ms(60_000))(world)
        world.sim.cuts_help = False

    played = play(Scenario(CUT, prepare=prepare))
    ended(played, "halted", 5)
    assert played.settings("web1").count(Setting.CUT) == 5
    assert played.phases()["web1"] == "waiting"


def test_quiet_member_settles_where_work_in_flight_may_not_show() -> None:
    """A balancer that does not show at once what is in flight is given its time before a step:
    with each of two members, less the two looks that it takes anyway."""
    fast, slow = (play(Scenario(settle=ms(settle))) for settle in (0, 400))
    ended(slow, "done", 0)
    assert slow.took - fast.took >= ms(600)


def test_short_work_in_flight_is_waited_for() -> None:
    """Nothing is cut off: the step starts when the last request has ended."""
    fast, slow = (play(Scenario(prepare=slow_requests(ms(took)))) for took in (10, 1500))
    ended(slow, "done", 0)
    assert slow.took - fast.took > ms(1200)


@pytest.mark.parametrize("is_known", [True, False])
def test_sticky_clients_get_their_time(is_known: bool) -> None:
    """With persistence, known beforehand or noticed while draining, DRAIN lasts all of `sticky`."""

    def prepare(world: World) -> None:
        world.sim.traffic.sticky = dict.fromkeys(world.sim.apps, ms(60_000))
        slow_requests(ms(60))(world)

    played = play(Scenario(prepare=prepare, sticky=("web",) if is_known else ()))
    ended(played, "done", 0)
    assert played.between("web1", Setting.DRAIN, Setting.HOLD) >= ms(500)


@pytest.mark.parametrize("on_timeout", OnTimeout)
def test_sticky_sessions_that_taking_out_would_cut(on_timeout: OnTimeout) -> None:
    """They get `drain.timeout` like any others; then the member goes back, or they are cut as the
    operator says."""
    drain = DrainPolicy(ms(2000), ms(500), on_timeout)

    def scenario(takes: int) -> Scenario:
        return Scenario(
            replace(QUICK, drain=drain),
            prepare=slow_requests(ms(takes)),
            sticky=("web",),
            manner=Manner(out_cuts=True),
        )

    ended(play(scenario(1500)), "done", 0)
    endless = play(scenario(60_000))
    if on_timeout is OnTimeout.CUT:
        ended(endless, "done", 0)
        return
    ended(endless, "halted", 5)
    assert Setting.HOLD not in endless.settings("web1")
    assert endless.phases()["web1"] == "waiting"


def test_clients_that_reach_a_member_that_is_out() -> None:
    """Its upgrade would meet them: it goes back as it was, and the halt says why they come."""

    def prepare(world: World) -> None:
        world.sim.traffic.sticky = {"web1": ms(60_000)}
        world.sim.traffic.persists = True
        world.sim.traffic.gap = ms(500)

    why = "the rules let them"
    played = play(Scenario(prepare=prepare, sticky=("web",), also={"leak": why}))
    ended(played, "halted", 5)
    assert "reached web1 although it is out of rotation (the rules let them)" in played.end.why
    assert played.phases()["web1"] == "waiting"
    assert not played.steps("web1", RunStep)


def test_quiet_member_without_persistence_is_held_at_once() -> None:
    """Without persistence MAINT follows as soon as nothing is in flight."""
    played = play(Scenario())
    assert played.between("web1", Setting.DRAIN, Setting.HOLD) < ms(200)


# --- steps -----------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("script", "words"),
    [
        (Script(exit_code=3), "ended with exit code 3: upgrade web1"),
        (Script(ms(60_000)), "did not end in time (2s) and was ended: upgrade web1"),
    ],
    ids=["fails", "hangs"],
)
def test_step_that_fails(script: Script, words: str, like: Like) -> None:
    """A step that fails or hangs halts with exit 5, and SEEN has the last line that it printed; its
    member stays out, nobody else goes."""
    played = play(like(Scenario(steps=2, prepare=scripted(script))))
    ended(played, "halted", 5)
    assert words in played.end.why
    assert played.state.halt is not None
    assert (
        played.state.halt.limit
        == "every step must end with exit code 0 within 2s (upgrade.timeout)"
    )
    assert played.phases() == {"web1": "failed", "web2": "waiting"}
    assert [step.index for step in played.steps("web1", RunStep)] == [0]
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


@both
def test_lost_step_runs_again_without_a_guard(like: Like) -> None:
    """A step whose end is unknown runs again as an execution of its own."""
    played = play(like(Scenario(prepare=scripted(Script(lost=True), Script()))))
    ended(played, "done", 0)
    assert [step.attempt for step in played.steps("web1", RunStep)] == [0, 1]


@both
def test_guard_decides_over_a_lost_step(like: Like) -> None:
    """`unless` says that it is there: the step is not run again."""
    played = play(like(Scenario(has_guard=True, prepare=scripted(Script(lost=True)))))
    ended(played, "done", 0)
    assert len(played.steps("web1", RunStep)) == 1


def test_guard_sends_a_lost_step_again() -> None:
    """`unless` says that it is needed still: the step is run again, and proven."""
    lost = Script(lost=True, version=None)
    played = play(Scenario(has_guard=True, prepare=scripted(lost, Script())))
    ended(played, "done", 0)
    assert [step.attempt for step in played.steps("web1", RunStep)] == [0, 1]
    assert len(played.steps("web1", AskGuard)) == 3


def test_guard_that_does_not_know_after_a_lost_step() -> None:
    """`unless` answers neither yes nor no about a lost step: halted, out, and said so."""

    def prepare(world: World) -> None:
        scripted(Script(lost=True))(world)
        world.workshop.guards["web1"] = [1, 7]

    played = play(Scenario(has_guard=True, prepare=prepare))
    ended(played, "halted", 5)
    assert "the end of the upgrade is not known" in played.end.why


# --- `unless` --------------------------------------------------------------------------------


def test_already_there_is_skipped() -> None:
    """A member that is there already is not touched at all."""

    def prepare(world: World) -> None:
        world.sim.apps["web1"].version = "v2"

    played = play(Scenario(has_guard=True, prepare=prepare))
    ended(played, "done", 0)
    assert played.phases() == {"web1": "skipped", "web2": "done"}
    assert not any(member == "web1" for _, member in played.calls)


@pytest.mark.parametrize(
    ("member", "outcome", "code"), [("web1", "refused", 3), ("web2", "halted", 5)]
)
def test_guard_that_refuses(member: str, outcome: str, code: int) -> None:
    """Before the first touch a refusal is exit 3; after it, a halt."""

    def prepare(world: World) -> None:
        world.workshop.guards[member] = [9]

    played = play(Scenario(has_guard=True, prepare=prepare))
    ended(played, outcome, code)
    assert "exit code 9" in played.end.why
    assert played.versions()[member] == "v1"


@both
def test_proof_that_fails(like: Like) -> None:
    """All steps end well and `unless` says no: halted, the member stays out."""

    def prepare(world: World) -> None:
        world.workshop.guards["web1"] = [1]

    played = play(like(Scenario(has_guard=True, prepare=prepare)))
    ended(played, "halted", 5)
    assert "the upgrade ended well, but `unless` does not confirm it" in played.end.why
    assert played.phases()["web1"] == "failed"


# --- validation and return -------------------------------------------------------------------


@both
def test_validation_that_fails(like: Like) -> None:
    """No user meets a member that validation does not pass; it stays out, exit 5 (S4)."""
    played = play(like(Scenario(faulty=("v2",))))
    ended(played, "halted", 5)
    assert played.phases() == {"web1": "failed", "web2": "waiting"}
    assert "v2" not in played.world.sim.apps["web1"].requests
    assert len(played.steps("web1", Validate)) == 1


def test_failed_validation_of_a_rehearsal() -> None:
    """Where no step was to run, a member that fails goes back as it was: nothing was changed."""
    played = play(Scenario(steps=0))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "waiting"
    assert played.settings("web1")[-1] is Setting.RESTORE


def test_balancers_check_that_never_passes() -> None:
    """Validated, but the balancer's own check fails: out again to MAINT, exit 5 (S4)."""
    scenario = Scenario(
        beats=at("web1", Phase.CHECKING, later(ms(0), lambda sim: sim.set_answers("web1", False)))
    )
    played = play(scenario)
    ended(played, "halted", 5)
    assert "health check did not pass within 2s" in played.end.why
    assert played.phases()["web1"] == "failed"
    assert "v2" not in played.world.sim.apps["web1"].requests
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


@both
def test_unchecked_lines_return_on_validation_alone(like: Like) -> None:
    """Where the balancer has no check, validation stands alone and the member returns."""

    def prepare(world: World) -> None:
        for _, line in world.sim.every_line():
            line.is_checked = False

    ended(play(like(Scenario(prepare=prepare))), "done", 0)


def test_sick_in_soak() -> None:
    """A member that fails the balancer's check in its soak is taken out again, exit 5."""
    scenario = Scenario(
        policies=replace(QUICK, gates=(), soak=ms(2000)),
        sim=partial(make_sim, 4),
        beats=at("web1", Phase.SOAKING, later(ms(100), lambda sim: sim.set_answers("web1", False))),
    )
    played = play(scenario)
    ended(played, "halted", 5)
    assert played.told(Halted)[0].condemned == ("web1",)
    assert played.phases()["web1"] == "failed"


# --- capacity --------------------------------------------------------------------------------


def sick(sim: Sim) -> None:
    sim.set_answers("web3", False)


def well(sim: Sim) -> None:
    sim.set_answers("web3", True)


FOUR = partial(make_sim, 4)


def test_partner_lost_while_draining() -> None:
    """A partner is lost while ours only drains: ours goes back at once, and is taken up again
    when the partner is back (S2)."""

    def prepare(world: World) -> None:
        slow_requests(ms(1900))(world)
        world.sim.plans += [(ms(800), sick), (ms(2500), well)]

    played = play(Scenario(sim=FOUR, prepare=prepare))
    ended(played, "done", 0)
    assert played.settings("web1")[:3] == [Setting.DRAIN, Setting.RESTORE, Setting.DRAIN]


def test_capacity_short_is_waited_for() -> None:
    """Between two members a floor that does not hold is waited for, then all goes on."""

    def prepare(world: World) -> None:
        world.sim.plans += [(ms(1100), sick), (ms(3000), well)]

    played = play(Scenario(sim=FOUR, prepare=prepare))
    ended(played, "done", 0)
    kinds = [type(event).__name__ for event in played.events]
    assert kinds.index("CapacityShort") < kinds.index("CapacityBack")


def test_capacity_stays_short() -> None:
    """After the first touch a floor that does not come back halts with exit 5."""

    def prepare(world: World) -> None:
        world.sim.plans += [(ms(1100), sick)]

    played = play(Scenario(sim=FOUR, prepare=prepare))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.FLOOR]
    assert list(played.phases().values()) == ["done", "waiting", "waiting", "waiting"]


@both
def test_capacity_short_before_the_first_touch(like: Like) -> None:
    """Before anything was touched it is not even waited for: exit 3."""

    def prepare(world: World) -> None:
        world.sim.plans += [(ms(510), sick), (ms(510), lambda sim: sim.down("web3"))]

    played = play(like(Scenario(sim=FOUR, has_guard=True, prepare=prepare)))
    ended(played, "refused", 3)
    assert played.calls == []


def test_own_members_in_hand_are_no_shortage() -> None:
    """With a floor that allows one at a time, the second waits for the first, however long."""
    policies = replace(QUICK, max_unavailable=Amount(2), min_available=Amount(3))
    scenario = Scenario(policies, FOUR, step_time=ms(9000), step_timeout=ms(20_000))
    played = play(scenario)
    ended(played, "done", 0)
    assert "CapacityShort" not in {type(event).__name__ for event in played.events}

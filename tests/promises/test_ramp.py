"""The ramp: weight in steps, gates at each, and what becomes of it when something goes wrong."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from controller.core.events import (
    AbortRequested,
    Cause,
    GateSampled,
    Halted,
    RampEnded,
    RampRefused,
    ResumeRequested,
    SettingFailed,
)
from controller.core.phases import Phase
from controller.core.pool import Admin, Instant
from controller.core.settings import OnFailure, Policies, ReturnPolicy
from controller.core.steps import SetMember, Setting
from controller.records import Verb
from controller.runner.loop import Runner
from tests.promises.beats import (
    at,
    bad_v2,
    ended,
    foreign,
    later,
    outage,
    reload_one,
    request,
    scripted,
    signal,
    static,
)
from tests.support.fakes import Script
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import POOL_GATE, QUICK, Beat, Scenario, World, enters, ms, tells
from tests.support.sim import Sim, make_sim

THREE = partial(make_sim, 3)
BEHIND_TWO = partial(make_sim, 3, instances=("lb1", "lb2"))
FULL = 100


def ramped(*steps: int, hold: int = 300, within: int = 2000) -> Policies:
    """`hold` and `within` in milliseconds."""
    return replace(QUICK, soak=ms(250), comeback=ReturnPolicy(ms(within), steps, ms(hold)))


RAMP = ramped(10, 50)
LONG = ramped(10, 50, hold=4000, within=600)


def shares(played: Played, member: str = "web1") -> list[int]:
    steps = played.steps(member, SetMember)
    return [step.share for step in steps if step.setting is Setting.PUT_BACK]


def weights(played: Played, member: str = "web1") -> list[int]:
    """At which it was put back, in turn."""
    return [one.weight for one in played.world.sim.instances["lb1"].of(member)[0].dealt]


def reweigh(weight: int, member: str = "web1") -> Beat:
    """Somebody else sets the weight during the ramp."""

    def do(sim: Sim) -> None:
        for line in sim.instances["lb1"].of(member):
            line.weight = weight

    return Beat(enters(member, Phase.RAMPING), later(ms(50), do))


def test_steps_then_the_found_weight() -> None:
    """Each step is its share of the found weight, rounded up, and lasts its hold; then the weight
    is as it was found."""
    played = play(Scenario(RAMP, partial(make_sim, 2, weight=33)))
    ended(played, "done", 0)
    assert weights(played) == weights(played, "web2") == [4, 17, 33]
    moments = [one.at for one in played.world.sim.instances["lb1"].of("web1")[0].dealt]
    assert all(b - a >= ms(300) for a, b in pairwise(moments))
    assert [event.member for event in played.told(RampEnded)] == ["web1", "web2"]


@pytest.mark.parametrize(
    ("weight", "steps", "expected"),
    [(1, (10, 50), [1]), (2, (10, 50, 60), [1, 2]), (100, (30, 100), [30, 100])],
)
def test_equal_steps_collapse(weight: int, steps: tuple[int, ...], expected: list[int]) -> None:
    """Steps that come to the same weight are one, and one that is the full weight is none."""
    played = play(Scenario(ramped(*steps), partial(make_sim, 2, weight=weight)))
    ended(played, "done", 0)
    assert weights(played) == expected


def test_refused_weight_drops_the_ramp() -> None:
    """Where a balancer takes no share of a weight, the first refusal tells: the member returns at
    full weight, the next one is not tried, and the run says so once."""
    played = play(Scenario(RAMP, prepare=static))
    ended(played, "done", 0)
    assert shares(played) == [10, FULL]
    assert shares(played, "web2") == [FULL]
    assert ["takes only 0 and 100 %" in one.why for one in played.told(RampRefused)] == [True]


def test_refusal_in_the_middle_of_a_ramp() -> None:
    """A balancer that takes no further step gets the full weight, and the rollout goes on."""

    def become_static(world: World, runner: Runner) -> None:
        world.sim.is_static = True

    played = play(Scenario(RAMP, beats=at("web1", Phase.RAMPING, become_static)))
    ended(played, "done", 0)
    assert shares(played) == [10, 50, FULL]


def test_failing_member_meets_few_users() -> None:
    """A gate that fails at the first step takes the member out again before the second; with the
    weight found still to be restored."""
    played = play(Scenario(LONG, THREE, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert shares(played) == [10]
    assert played.phases() == {"web1": "failed", "web2": "waiting", "web3": "waiting"}
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT
    found = played.state.members["web1"].placement.found
    assert found is not None
    assert [line.weight for line in found.lines] == [FULL]


def test_failing_member_stays_where_the_floor_forbids() -> None:
    """A member that fails in its ramp is kept when too few others serve (S2)."""

    def down(world: World, runner: Runner) -> None:
        world.sim.down("web2")

    beats = at("web1", Phase.RAMPING, down)
    played = play(Scenario(LONG, THREE, prepare=bad_v2("web1"), beats=beats))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "kept"
    assert "min_available is 2" in played.state.members["web1"].why


def test_pool_gate_leaves_the_member_at_its_step() -> None:
    """Somebody else's incident takes no capacity away: the member in its ramp stays where it is,
    and the next run brings it back as found."""

    def incident(world: World, runner: Runner) -> None:
        world.sim.traffic.fails = lambda app, number: app.name != "web1"

    policies = replace(LONG, gates=(POOL_GATE,))
    scenario = Scenario(policies, THREE, beats=at("web1", Phase.RAMPING, incident))
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "kept"
    assert played.state.members["web1"].why == (
        "in rotation at 10 % of its weight, its ramp cut short by the halt"
    )
    assert weights(played) == [10]
    played.world.sim.traffic.fails = lambda app, number: False
    again = play_on(scenario, played.world, ResumeRequested("me", "over"), after=ms(4000))
    ended(again, "done", 0)


def test_missing_evidence_holds_a_step() -> None:
    """A step without a word of its gate lasts as long as evidence may be missing, then goes on;
    the soak alone decides (S5)."""

    def quiet(world: World, runner: Runner) -> None:
        world.sim.traffic.stops_at = world.sim.now

    def busy(sim: Sim) -> None:
        sim.traffic.stops_at = timedelta.max

    beats = (
        Beat(enters("web1", Phase.RETURNING), quiet),
        Beat(
            lambda _, before, after: after.members["web1"].placement.share == 50, later(ms(0), busy)
        ),
    )
    played = play(Scenario(ramped(10, 50, hold=100), beats=beats))
    ended(played, "done", 0)
    moments: list[Instant] = [
        one.at for one in played.world.sim.instances["lb1"].of("web1")[0].dealt
    ]
    assert moments[1] - moments[0] >= QUICK.gates[0].hold
    assert moments[2] - moments[1] < QUICK.gates[0].hold


def test_failing_sample_holds_a_step() -> None:
    """While failing samples are counted towards `failures`, no step up is made."""
    gate = replace(QUICK.gates[0], failures=8, hold=ms(700))
    policies = replace(ramped(10, hold=100), gates=(gate,))
    played = play(Scenario(policies, THREE, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert weights(played) == [10]
    assert len(played.told(GateSampled)) >= 8


def test_reload_in_the_ramp_sets_the_share_again() -> None:
    """A reload brings the full weight back: the share is set again, and held anew (S9)."""
    scenario = Scenario(RAMP, BEHIND_TWO, beats=at("web1", Phase.RAMPING, reload_one))
    played = play(scenario)
    ended(played, "done", 0)
    assert shares(played) == [10, 10, 50, FULL]


def test_another_hand_on_the_weight_halts() -> None:
    """A weight that somebody else set is left alone: halt, and say so (S14)."""
    played = play(Scenario(LONG, beats=(reweigh(77),)))
    assert (played.end.outcome, played.end.exit_code) == ("halted", 5)
    (halt,) = played.told(Halted)
    assert halt.cause is Cause.FOREIGN
    assert "changed the weight of web1 at lb1 to 77" in halt.seen
    assert played.state.members["web1"].why == "somebody else changed it; poolroll left it as it is"
    assert weights(played) == [10]


def test_another_hand_takes_it_out() -> None:
    """Taken out by somebody else in its ramp: halt, and not fought (S14)."""
    beats = at("web1", Phase.RAMPING, foreign(Admin.OUT, instance="lb1"))
    played = play(Scenario(LONG, beats=beats))
    ended(played, "halted", 5)
    assert [halt.cause for halt in played.told(Halted)] == [Cause.FOREIGN]


def test_member_that_dies_in_its_ramp() -> None:
    """A health check that fails in the ramp takes the member out again."""
    beats = at("web1", Phase.RAMPING, later(ms(50), lambda sim: sim.set_answers("web1", False)))
    played = play(Scenario(LONG, THREE, beats=beats))
    ended(played, "halted", 5)
    assert "during its ramp" in played.end.why
    assert played.phases()["web1"] == "failed"


def test_lost_balancer_holds_the_ramp() -> None:
    """While a load balancer does not answer no step is made; then the rollout halts."""
    beats = at("web1", Phase.RAMPING, outage("refuses"))
    played = play(Scenario(RAMP, BEHIND_TWO, beats=beats))
    ended(played, "halted", 5)
    assert shares(played) == [10]


def test_step_that_fails_is_tried_again() -> None:
    """A balancer that refuses to be told anything for a moment gets the same step once more."""

    def refuse(sim: Sim) -> None:
        sim.instances["lb1"].unsettable = True

    def obey(sim: Sim) -> None:
        sim.instances["lb1"].unsettable = False

    beats = (
        Beat(enters("web1", Phase.RAMPING), later(ms(50), refuse)),
        Beat(tells(SettingFailed), later(ms(50), obey)),
    )
    played = play(Scenario(RAMP, beats=beats))
    ended(played, "done", 0)
    assert shares(played) == [10, 50, 50, FULL]


def test_signal_lets_a_short_ramp_end() -> None:
    """A stop waits for the ramp as long as a return may take; the next run goes on (S11)."""
    scenario = Scenario(RAMP, beats=at("web1", Phase.RAMPING, signal()))
    played = play(scenario)
    ended(played, "stopped", 7)
    assert (played.phases()["web1"], weights(played)) == ("soaking", [10, 50, FULL])


def test_signal_leaves_a_long_ramp() -> None:
    """Where it lasts longer the member stays at its step, and the next run ramps it again (S11)."""
    scenario = Scenario(LONG, beats=at("web1", Phase.RAMPING, signal()))
    played = play(scenario)
    ended(played, "stopped", 7)
    assert (played.phases()["web1"], weights(played)) == ("ramping", [10])
    again = play_on(scenario, played.world)
    ended(again, "done", 0)
    assert shares(again)[1:] == [10, 50, FULL]


def test_signal_while_it_fails() -> None:
    """A member that fails its gate in its ramp goes out although the rollout stops."""
    failing = replace(LONG, comeback=replace(LONG.comeback, within=ms(3000)))
    beats = at("web1", Phase.RAMPING, signal())
    played = play(Scenario(failing, THREE, prepare=bad_v2(), beats=beats))
    assert played.broken == []
    assert played.phases()["web1"] == "failed"


def test_abort_leaves_the_member_at_its_step() -> None:
    """An abort may come because something is wrong: no more users are sent to the member."""
    played = play(Scenario(LONG, beats=at("web1", Phase.RAMPING, request(Verb.ABORT))))
    ended(played, "aborted", 7)
    assert played.phases()["web1"] == "kept"
    assert weights(played) == [10]


def test_abort_and_restore_ends_the_ramp() -> None:
    """`abort --restore` brings the member up to the weight found, step by step."""
    scenario = Scenario(RAMP, beats=at("web1", Phase.RAMPING, signal(2)))
    played = play(scenario)
    again = play_on(scenario, played.world, AbortRequested("me", restore=True))
    ended(again, "aborted", 7)
    assert weights(again)[-3:] == [10, 50, FULL]


def test_rollback_comes_back_by_the_ramp() -> None:
    """The way back returns with the same care."""
    policies = replace(RAMP, on_failure=OnFailure.ROLLBACK_MEMBER)
    played = play(Scenario(policies, THREE, prepare=bad_v2(), has_rollback=True))
    ended(played, "halted", 4)
    assert played.versions()["web1"] == "v1"
    assert weights(played)[-3:] == [10, 50, FULL]


def test_failed_step_has_no_ramp() -> None:
    """A member whose upgrade failed is left out: nothing is ramped."""
    played = play(Scenario(RAMP, prepare=scripted(Script(exit_code=1))))
    ended(played, "halted", 5)
    assert weights(played) == []

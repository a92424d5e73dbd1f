"""Rollouts in which nothing goes wrong."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Event, MemberCalled, Observation, SoakEnded
from controller.core.pool import Admin
from controller.core.settings import Amount
from controller.core.state.state import State
from controller.core.steps import RunStep, Setting
from tests.support.plays import Played, play
from tests.support.scenarios import POOL_GATE, QUICK, Scenario, World, ms
from tests.support.sim import Sim, make_sim

SINGLE = replace(QUICK, min_available=Amount(0))
TWO_AT_ONCE = replace(QUICK, max_unavailable=Amount(2))


def site(members: int) -> Sim:
    return make_sim(members, instances=("lb1", "lb2"), backends=("web", "api"))


def assert_done(played: Played) -> None:
    assert played.broken == []
    assert (played.end.outcome, played.end.exit_code) == ("done", 0)
    assert set(played.phases().values()) == {"done"}
    assert set(played.versions().values()) == {"v2"}


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(Scenario(SINGLE, partial(make_sim, 1)), id="one member"),
        pytest.param(Scenario(), id="two members"),
        pytest.param(Scenario(sim=partial(make_sim, 5)), id="five members"),
        pytest.param(Scenario(TWO_AT_ONCE, partial(make_sim, 5)), id="five, two at once"),
        pytest.param(Scenario(sim=partial(site, 2)), id="two balancers and backends"),
        pytest.param(Scenario(TWO_AT_ONCE, partial(site, 5)), id="all of it"),
        pytest.param(Scenario(steps=3), id="three steps"),
        pytest.param(Scenario(has_guard=True, steps=2), id="guard and two steps"),
        pytest.param(Scenario(steps=0, sim=partial(make_sim, version="v2")), id="rehearsal"),
        pytest.param(Scenario(replace(QUICK, gates=())), id="no gates"),
        pytest.param(Scenario(replace(QUICK, gates=(POOL_GATE,))), id="pool gate"),
        pytest.param(Scenario(canaries=("web2",)), id="canary"),
    ],
)
def test_rollout_is_done(scenario: Scenario) -> None:
    """All members are upgraded and returned, and no promise is broken on the way."""
    assert_done(play(scenario))


def test_order_of_one_member() -> None:
    """A member walks drain, out, steps, validation, check, return, in this order, once each."""
    played = play(Scenario(steps=2))
    back = [Setting.CHECK, Setting.PUT_BACK]
    assert played.settings("web1") == [Setting.DRAIN, Setting.HOLD, *back]
    runs = [(step.index, step.attempt) for step in played.steps("web1", RunStep)]
    assert runs == [(0, 0), (1, 0)]


def test_two_members_are_in_hand_at_once() -> None:
    """With max_unavailable 2, two are in hand at the same time at some point."""
    most = 0

    def narrate(event: Event | Observation, before: State, after: State) -> None:
        nonlocal most
        most = max(most, len(after.in_progress))

    assert_done(play(Scenario(TWO_AT_ONCE, partial(make_sim, 5)), narrate=narrate))
    assert most == 2


def test_canaries_go_first_and_alone() -> None:
    """The canaries go in their order, and nobody else begins before all of them are done."""
    scenario = Scenario(TWO_AT_ONCE, partial(make_sim, 4), canaries=("web3", "web2"))
    played = play(scenario)
    assert_done(played)
    turns = [e for e in played.events if isinstance(e, MemberCalled | SoakEnded)]
    first = [(type(e).__name__, e.member) for e in turns[:6]]
    assert [name for kind, name in first[:2]] == ["web3", "web2"]
    assert {name for kind, name in first[:4] if kind == "SoakEnded"} == {"web3", "web2"}
    assert [name for kind, name in first[4:]] == ["web1", "web4"]


def test_weight_and_agent_come_back_as_found() -> None:
    """What was found is what is restored, at each line by itself (S8)."""

    def prepare(world: World) -> None:
        for number, (_, line) in enumerate(world.sim.every_line()):
            line.weight, line.agent = 10 + number, number % 2 == 0
        world.ledger.remember(world.sim)

    played = play(Scenario(sim=partial(site, 2), prepare=prepare))
    assert_done(played)
    assert [line.weight for _, line in played.world.sim.every_line()] == list(range(10, 18))


def test_soak_begins_after_the_slowstart() -> None:
    """The soak counts from the end of the balancer's own warm-up."""
    slow = play(Scenario(sim=partial(make_sim, slowstart=ms(1500))))
    assert_done(slow)
    assert slow.took - play(Scenario()).took >= ms(2 * 1400)


def test_nothing_is_said_of_trouble() -> None:
    """A healthy rollout has no halt and no failed setting in its journal."""
    kinds = {type(event).__name__ for event in play(Scenario()).events}
    assert not kinds & {"Halted", "SettingFailed", "MemberFailed", "InstanceRestarted"}


def test_members_out_before_we_came_are_left() -> None:
    """A member that somebody else had out stays as it was, is not upgraded, and is named (S8)."""

    def prepare(world: World) -> None:
        world.sim.foreign("web2", Admin.OUT)
        world.ledger.remember(world.sim)

    played = play(Scenario(sim=partial(make_sim, 4), prepare=prepare))
    assert played.broken == []
    assert played.end.outcome == "done"
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v2", "web4": "v2"}
    assert list(played.plan.left) == ["web2"]
    assert not any(member == "web2" for _, member in played.calls)

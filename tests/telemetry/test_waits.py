"""What a member in hand is said to wait for."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import RunBegan
from controller.core.phases import Phase
from controller.core.state.state import State
from controller.telemetry.catalogue import Wait
from controller.telemetry.measure import LastSeen, Subject, measure
from tests.promises.beats import at, back_after, reload_one, slow_requests
from tests.support.plays import Played
from tests.support.scenarios import POOL_GATE, Scenario, World, ms
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH
from tests.telemetry.watched import Watched, due


def test_waits_of_a_plain_walk() -> None:
    """Each phase names what it waits for."""
    watched = Watched(Scenario(has_guard=True))
    assert watched.waits(Phase.ASKING) == {Wait.UNLESS}
    assert Wait.COMMAND in watched.waits(Phase.UPGRADING)
    assert Wait.VALIDATION in watched.waits(Phase.VALIDATING)
    assert Wait.HEALTH_CHECK in watched.waits(Phase.CHECKING)
    assert Wait.SOAK_TIME in watched.waits(Phase.SOAKING)
    assert Wait.UNLESS in watched.waits(Phase.PROVING)


def reloaded(world: World) -> None:
    slow_requests(ms(1500))(world)
    world.sim.advance(ms(300))
    world.sim.reload("lb1")


@pytest.mark.parametrize(
    ("scenario", "phase", "wait"),
    [
        pytest.param(
            Scenario(prepare=slow_requests(ms(1500))),
            Phase.DRAINING,
            Wait.REQUESTS_IN_FLIGHT,
            id="in flight",
        ),
        pytest.param(
            Scenario(sticky=("web",)), Phase.DRAINING, Wait.STICKY_CLIENTS, id="sticky clients"
        ),
        pytest.param(
            Scenario(
                sim=partial(make_sim, 3, instances=("lb1", "lb2")),
                beats=at("web1", Phase.UPGRADING, back_after(ms(800))),
                step_time=ms(300),
            ),
            Phase.UPGRADING,
            Wait.LOAD_BALANCER,
            id="silent balancer",
        ),
        pytest.param(
            Scenario(prepare=slow_requests(ms(1500)), beats=at("web1", Phase.DRAINING, reload_one)),
            Phase.OUT,
            Wait.OLD_WORKER,
            id="old worker",
        ),
        pytest.param(
            Scenario(prepare=reloaded), Phase.DUE, Wait.OLD_WORKER, id="old worker from before"
        ),
        pytest.param(
            Scenario(sim=partial(make_sim, slowstart=ms(1500))),
            Phase.SOAKING,
            Wait.SLOWSTART,
            id="slowstart",
        ),
        pytest.param(
            Scenario(begin=RunBegan("tester", stepwise=True), answers=(True,)),
            Phase.DUE,
            Wait.OPERATOR,
            id="step by step",
        ),
    ],
)
def test_waits_on(scenario: Scenario, phase: Phase, wait: Wait) -> None:
    """What holds a member up is named."""
    watched = Watched(scenario)
    assert wait in watched.waits(phase)


def test_soak_waits_on_its_gates() -> None:
    """A soak whose time is over, with no evidence yet, waits for its gates."""

    def prepare(world: World) -> None:
        world.sim.traffic.stops_at = ms(700)

    assert Wait.GATES in Watched(Scenario(prepare=prepare)).waits(Phase.SOAKING)


def wait_of(played: Played, state: State, **changed: object) -> str:
    plan = replace(played.plan, **changed)  # type: ignore[arg-type]
    families = measure(Subject(plan, EPOCH), LastSeen(state, EPOCH), timedelta(hours=1))
    (sample,) = next(
        one.samples for one in families if one.metric.name == "poolroll_phase_age_seconds"
    )
    return sample.labels[-1]


def test_a_turn_waits_for_what_speaks_against_it() -> None:
    """Whoever is due waits for the operator after a pause, for pool gates, or for capacity."""
    played, state = due()
    assert wait_of(played, replace(state, paused=True)) == Wait.OPERATOR
    assert wait_of(played, state, min_available=99) == Wait.CAPACITY
    assert wait_of(played, state) == Wait.LOAD_BALANCER
    gated, state = due(POOL_GATE)
    assert wait_of(gated, replace(state, gates={})) == Wait.GATES
    assert wait_of(gated, state) == Wait.LOAD_BALANCER

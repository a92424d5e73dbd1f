"""From a state to figures, over whole rollouts in a simulated world."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Finished
from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, MetricGate, Scope, TimingGate
from controller.core.outcome import Outcome
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure
from controller.core.state.state import Mode, State
from controller.telemetry.catalogue import RolloutState
from controller.telemetry.measure import LastSeen, Subject, measure, rollout_state
from tests.adapters.telemetry.scrape import labels_of, state_of, value
from tests.promises.beats import bad_v2
from tests.support.scenarios import QUICK, Scenario, World
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH
from tests.telemetry.watched import Watched, due

THREE = partial(make_sim, 3)


def assert_sound(watched: Watched) -> None:
    """What holds at every moment of every rollout."""
    size = len(watched.played.state.members) + len(watched.played.plan.left)
    for page in watched.pages:
        assert len(state_of(page)) == 1
        assert sum(v for (name, _), v in page.items() if name == "poolroll_members") == size
        ages = [v for (name, _), v in page.items() if name == "poolroll_phase_age_seconds"]
        assert all(0 <= age < 60 for age in ages)
        assert len(ages) <= watched.played.plan.max_unavailable
        verdicts: dict[tuple[str, str], float] = {}
        for one in labels_of(page, "poolroll_gate_verdict"):
            key = (one["gate"], one["member"])
            on = value(page, "poolroll_gate_verdict", **one)
            verdicts[key] = verdicts.get(key, 0) + (on or 0)
        assert set(verdicts.values()) <= {1.0}
        over = value(page, "poolroll_rollout_finished_timestamp_seconds", rollout="web")
        code = value(page, "poolroll_rollout_exit_code", rollout="web")
        assert (over is None) == (code is None) == (page is not watched.end)


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(Scenario(has_guard=True), id="well"),
        pytest.param(
            Scenario(replace(QUICK, max_unavailable=Amount(2)), partial(make_sim, 5)), id="two"
        ),
        pytest.param(Scenario(sim=THREE, prepare=bad_v2()), id="halt"),
        pytest.param(
            Scenario(
                replace(QUICK, on_failure=OnFailure.ROLLBACK_ALL),
                THREE,
                prepare=bad_v2("web2"),
                has_rollback=True,
            ),
            id="rollback",
        ),
    ],
)
def test_sound_at_every_moment(scenario: Scenario) -> None:
    """One state, all members counted, ages of members in hand alone, one verdict a gate, an exit
    code at the end alone."""
    assert_sound(Watched(scenario))


def test_done() -> None:
    """A rollout that goes well: running, done, exit code 0, all members done, nobody in hand."""
    watched = Watched(Scenario(has_guard=True))
    assert watched.states() == ["running", "done"]
    assert value(watched.end, "poolroll_rollout_exit_code", rollout="web") == 0
    assert value(watched.end, "poolroll_members", rollout="web", phase="done") == 2
    assert labels_of(watched.end, "poolroll_phase_age_seconds") == []
    started = value(watched.end, "poolroll_rollout_started_timestamp_seconds", rollout="web")
    beat = value(watched.end, "poolroll_heartbeat_timestamp_seconds", rollout="web")
    assert started == EPOCH.timestamp()
    assert beat is not None
    assert beat > started


def test_halted() -> None:
    """A halt shows at once, and the failed member's gate stays, with its value above the limit."""
    watched = Watched(Scenario(sim=THREE, prepare=bad_v2()))
    assert watched.states() == ["running", "halted"]
    assert value(watched.end, "poolroll_rollout_exit_code", rollout="web") == 4
    about = {"rollout": "web", "gate": "errors", "member": "web1"}
    assert value(watched.end, "poolroll_gate_verdict", **about, verdict="fail") == 1
    ratio = value(watched.end, "poolroll_gate_value", **about)
    limit = value(watched.end, "poolroll_gate_limit", rollout="web", gate="errors", bound="max")
    assert ratio is not None
    assert limit == 0.01
    assert ratio > limit
    assert value(watched.end, "poolroll_members", rollout="web", phase="failed") == 1


def test_rolled_back() -> None:
    """The way back is a state of its own, between the halt and the end."""
    policies = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
    watched = Watched(Scenario(policies, THREE, prepare=bad_v2(), has_rollback=True))
    assert watched.states() == ["running", "halted", "rolling_back", "halted"]


def test_left_out_members_are_counted() -> None:
    """Members found out of rotation are no part of the rollout, and are counted as left out."""

    def prepare(world: World) -> None:
        world.sim.foreign("web2", Admin.OUT)
        world.ledger.remember(world.sim)

    watched = Watched(Scenario(sim=partial(make_sim, 4), prepare=prepare))
    assert_sound(watched)
    assert value(watched.end, "poolroll_members", rollout="web", phase="left_out") == 1


def test_every_end_and_mode_has_a_word() -> None:
    """All outcomes and modes are states, none is forgotten."""
    outcomes = set(Outcome) - {Outcome.ABANDONED}
    state = State(members={})
    ends = {rollout_state(replace(state, finished=Finished(one, 0))) for one in outcomes}
    going = {rollout_state(replace(state, mode=one)) for one in set(Mode) - {Mode.FINISHED}}
    paused = rollout_state(replace(state, paused=True))
    assert ends | going | {paused} == set(RolloutState)
    assert paused is RolloutState.PAUSED


def test_limits_of_every_kind() -> None:
    """A gate on a metrics system has each of its limits by name, one on alerts has none."""
    queries = {Query.VALUE: "q"}
    gate = MetricGate("m", Scope.POOL, queries, maximum=0.5, minimum=0.1, max_increase=0.2)
    played, state = due()
    plan = replace(
        played.plan,
        policies=replace(
            QUICK, gates=(gate, AlertGate("a", Scope.POOL), TimingGate("t", Scope.MEMBER))
        ),
    )
    families = measure(Subject(plan, EPOCH), LastSeen(state, EPOCH), timedelta(hours=1))
    (shown,) = [one for one in families if one.metric.name == "poolroll_gate_limit"]
    found = {one.labels: one.value for one in shown.samples}
    assert found == {
        ("web", "m", "max"): 0.5,
        ("web", "m", "min"): 0.1,
        ("web", "m", "max_increase"): 0.2,
        ("web", "t", "max_increase"): 0.1,
    }


def test_few_series_in_a_large_pool() -> None:
    """A pool of 8 has no more series than one of 2."""
    small, large = (Watched(Scenario(sim=partial(make_sim, size))) for size in (2, 8))
    most = [max(map(len, one.pages)) for one in (small, large)]
    assert most[1] == most[0]


def test_skipped_members_are_named() -> None:
    """Who was not reached has a series of its own; a pause for the next window is no failure."""

    def dead(world: World) -> None:
        world.workshop.guards["web2"] = [255]

    policies = replace(QUICK, skips=Amount(1))
    watched = Watched(Scenario(policies, THREE, prepare=dead, has_guard=True))
    assert_sound(watched)
    assert labels_of(watched.end, "poolroll_member_unreached") == [
        {"rollout": "web", "member": "web2"}
    ]
    assert value(watched.end, "poolroll_members", rollout="web", phase="left_out") == 1
    over = Finished(Outcome.PAUSED, 7)
    assert rollout_state(replace(watched.played.state, finished=over)) is RolloutState.PAUSED

"""What may run still is joined before anything else is done to its member (S7)."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Intended, ResumeRequested
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.settings import OnFailure
from controller.core.steps import AskGuard, Course, RunStep
from tests.promises.beats import Like, bad_v2, both, ended, recover, scripted
from tests.support.fakes import Script
from tests.support.plays import Cut, film, play, play_on
from tests.support.scenarios import QUICK, ROLLOUT, Scenario, World, ms
from tests.support.sim import make_sim

BEHIND_TWO = partial(make_sim, 3, instances=("lb1", "lb2"))
RESUME = ResumeRequested("operator", "the balancer is back")
LONG = ms(6000)


def left_while_it_runs(scenario: Scenario, verb: str) -> Cut:
    """Killed right after the start of the first `verb` step, and then brought to a halt by a lost
    balancer, while the step still runs."""
    _, cuts = film(scenario)
    cut = next(
        one
        for one in cuts
        if "start of a step" in one.label and one.world.workshop.runs_of(verb, "web1", "0")
    )
    cut.world.sim.instances["lb2"].outage = "refuses"
    halted = play_on(scenario, cut.world, at=cut.at)
    assert halted.broken == []
    assert halted.end.outcome == "halted"
    left = halted.state.members["web1"]
    assert left.progress.unfinished
    assert left.phase in (Phase.FAILED, Phase.STUCK)
    recover(halted.world)
    return Cut("halted", halted.world, halted.world.sim.now)


@both
@pytest.mark.parametrize("exit_code", [0, 1])
@pytest.mark.parametrize("has_guard", [False, True])
def test_rollback_step_is_joined_by_an_upgrade(has_guard: bool, exit_code: int, like: Like) -> None:
    """The step of a way back that may run still is waited for when the operator goes on with the
    upgrade, which then begins anew: never both at once, however the one ends."""

    def prepare(world: World) -> None:
        bad_v2("web1")(world)
        world.workshop.scripts["rollback", "web1", "0"] = [
            Script(LONG, exit_code=exit_code, version="v1")
        ]

    scenario = Scenario(
        replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER),
        BEHIND_TWO,
        prepare,
        has_guard=has_guard,
        has_rollback=True,
        step_timeout=LONG * 2,
    )
    scenario = like(scenario)
    cut = left_while_it_runs(scenario, "rollback")
    cut.world.sim.traffic.fails = lambda app, number: False
    done = play_on(scenario, cut.world, RESUME, at=cut.at)
    ended(done, "done", 0)
    assert set(done.versions().values()) == {"v2"}
    ran = {key: (job.started, job.ends) for key, job in done.world.workshop.jobs.items()}
    assert len([key for key in ran if "web1/rollback" in key]) == 1
    (back,) = (span for key, span in ran.items() if "web1/rollback" in key)
    anew = max(span for key, span in ran.items() if "web1/upgrade" in key)
    assert anew[0] >= back[1]
    assert [one.course for one in done.steps("web1", RunStep)][-2:] == [
        Course.ROLLBACK,
        Course.UPGRADE,
    ]


def test_upgrade_step_is_joined_before_it_is_asked_about() -> None:
    """`unless` may say yes while the step that makes it so still runs: the step is joined first."""

    def prepare(world: World) -> None:
        scripted(Script(LONG))(world)
        world.workshop.guards["web1"] = [1, 0]

    scenario = Scenario(sim=BEHIND_TWO, prepare=prepare, has_guard=True, step_timeout=LONG * 2)
    cut = left_while_it_runs(scenario, "upgrade")
    done = play_on(scenario, cut.world, RESUME, at=cut.at)
    ended(done, "done", 0)
    (job,) = done.world.workshop.runs_of("upgrade", "web1", "0")
    records = done.world.journal.written(ROLLOUT)[1:]
    moments = [
        record.at
        for record, event in zip(records, done.events, strict=True)
        if isinstance(event, Intended) and isinstance(event.step, AskGuard)
        if event.step.member == "web1"
    ]
    assert all(at <= job.started or at >= job.ends for at in moments)


@pytest.mark.parametrize("purpose", [Purpose.UPGRADE, Purpose.ROLLBACK])
def test_a_rollback_of_its_own_that_fails_is_stuck(purpose: Purpose) -> None:
    """In a rollout that brings the former version back there is no way back from a failed step:
    its member is stuck, and taken up again once the operator has decided so."""
    scenario = Scenario(prepare=scripted(Script(exit_code=1), Script()), purpose=purpose)
    halted = play(scenario)
    ended(halted, "halted", 5)
    stuck = purpose is Purpose.ROLLBACK
    assert halted.phases()["web1"] == ("stuck" if stuck else "failed")
    ended(play_on(scenario, halted.world, RESUME), "done", 0)

"""From whatever state a rollout can reach: what `decide` never does, and that `apply` never raises.

Each example is a walk of many states; each output of each state is compared with the promises.
"""

from collections import Counter
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.decide.context import Output
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import HELD_WHILE_CHANGED, Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Admin
from controller.core.settings import OnFailure, OnTimeout
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    RunStep,
    SetMember,
    Setting,
    Validate,
)
from tests.core.walks import HAPPENINGS, KINDS, Happening, Walk
from tests.support.contexts import a_plan, seconds

pytestmark = pytest.mark.untraced  # walks: what they pass through has direct tests

GATES: Final = (
    CounterGate("errors", Scope.MEMBER, 0.01, hold=seconds(4)),
    CounterGate("pool", Scope.POOL, 0.01, hold=seconds(4), window=seconds(1)),
)
PLANS: Final[dict[str, Plan]] = {
    "one after the other": a_plan(soak=seconds(2)),
    "gated, guarded, rolled back": a_plan(
        soak=seconds(2),
        gates=GATES,
        upgrade=CourseShape(2, has_guard=True, has_questions=True),
        rollback=CourseShape(1, has_guard=True),
        on_failure=OnFailure.ROLLBACK_ALL,
        collects=1,
        canaries=("web2",),
    ),
    "two at once, ramped, cut": a_plan(
        4,
        soak=seconds(1),
        ramp=(10, 50),
        hold=seconds(0.5),
        max_unavailable=2,
        min_available=2,
        upgrade=CourseShape(1, has_guard=True),
        rollback=CourseShape(2),
        on_failure=OnFailure.ROLLBACK_MEMBER,
        on_timeout=OnTimeout.CUT,
        wait_for_capacity=seconds(30),
        opens=True,
    ),
}

walks = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 99)), max_size=50)


def watch(walk: Walk, output: Output) -> None:
    """What must be true of each output, by the state before it."""
    if isinstance(output, SetMember):
        _setting(walk, output)
    elif isinstance(output, AskGuard | AskQuestions | RunStep | Validate | AskOperator):
        m = walk.state.members[output.member]
        assert m.order.setting is None, f"a setting of {m.name} is open"
        assert m.progress.work is None, f"{m.progress.work} is open"
        if isinstance(output, RunStep):
            _step(walk, output)


def _setting(walk: Walk, step: SetMember) -> None:
    state = walk.state
    m = state.members[step.member]
    assert m.order.setting is None, f"a setting of {m.name} is open"
    is_held_again = step.setting is Setting.HOLD and m.phase in HELD_WHILE_CHANGED  # S4
    assert m.progress.work is None or is_held_again, f"{m.progress.work} is open"
    is_taken_out = step.setting is Setting.DRAIN and m.phase is Phase.DUE
    if not is_taken_out:
        return
    away = {one.name for one in state.members.values() if one.is_away} | {m.name}
    assert len(away) <= walk.plan.max_unavailable  # S1
    for instance, snapshot in state.snapshots.items():  # S2
        serving = [
            name
            for name, lines in snapshot.lines.items()
            if name not in away and all(seen.line.is_serving for seen in lines)
        ]
        assert len(serving) >= walk.plan.min_available, f"{serving} at {instance}"


def _step(walk: Walk, step: RunStep) -> None:
    """S3: out and quiet, as every load balancer shows it."""
    for instance, snapshot in walk.state.snapshots.items():
        lines = snapshot.lines[step.member]
        assert lines, f"{instance} does not show {step.member}"
        for seen in lines:
            assert seen.line.admin is Admin.OUT, f"{step.member} at {instance}: {seen.line.admin}"
            assert not seen.line.in_flight
            assert walk.now - seen.at <= seconds(2)


@pytest.mark.parametrize("plan", PLANS)
@settings(max_examples=200, derandomize=True)
@given(story=walks)
def test_never(plan: str, story: list[Happening]) -> None:
    """No step beside an open one, none on a member in rotation, no drain below the floor; and
    every output can be applied, in a state that holds (see `invariants`)."""
    Walk(PLANS[plan], watch).go(story)


@pytest.mark.parametrize("plan", PLANS)
def test_all_goes_well(plan: str) -> None:
    """When nothing interferes, every member is upgraded: the walks are about something."""
    walk = Walk(PLANS[plan], watch)
    walk.go([("all goes well", 4)] * 99)
    assert {m.phase for m in walk.state.members.values()} == {Phase.DONE}
    assert walk.state.finished is not None


def test_walks_reach_every_phase() -> None:
    """Walks of the same kind, from a seed: they come to every phase, and to many decisions."""
    seen, random = Counter[Phase](), Random(7)

    def note(walk: Walk, output: Output) -> None:
        watch(walk, output)
        seen.update(m.phase for m in walk.state.members.values())

    for _ in range(60):
        for plan in PLANS.values():
            story = [(random.choice(KINDS), random.randrange(100)) for _ in range(60)]
            Walk(plan, note).go(story)
    assert set(Phase) - seen.keys() == set()
    assert seen.total() > 10_000


def test_every_happening_is_drawn() -> None:
    """No kind of happening is left out of the walks."""
    assert set(KINDS) == HAPPENINGS.keys()

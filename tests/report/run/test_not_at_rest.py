"""A halt that comes to rest late: when it is told, and what it is said to wait for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.events import Finished, StopRequested
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State
from controller.core.steps import Course, RunStep
from controller.report.run.not_at_rest import SOON, is_due, waits_for
from tests.report.states import NOW, halted, plan
from tests.support.members import member

HALTED_AT = NOW - SOON
STEP = RunStep("web1", Course.UPGRADE, 0, 1)
RUNNING = member("web1", Phase.UPGRADING, begun=True, unfinished=True, work=STEP)
NEXT = member("web2", Phase.DRAINING)


def at(when: Instant, *members: MemberState, mode: Mode = Mode.HALTED) -> State:
    return replace(halted(plan(), *members), halted_at=when, mode=mode, touched=True, finished=None)


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (at(HALTED_AT, RUNNING), True),
        (at(HALTED_AT, NEXT), True),
        (at(HALTED_AT + timedelta(seconds=1), RUNNING), False),
        (replace(at(HALTED_AT, RUNNING), touched=False), False),
        (replace(at(HALTED_AT), finished=Finished(Outcome.HALTED, 5)), False),
        (replace(at(HALTED_AT), halted_at=None), False),
        (at(HALTED_AT, RUNNING, mode=Mode.ROLLING_BACK), True),
        (at(HALTED_AT, replace(RUNNING, since=NOW), mode=Mode.ROLLING_BACK), False),
        (at(HALTED_AT, NEXT, mode=Mode.ROLLING_BACK), False),
    ],
)
def test_is_due(state: State, due: bool) -> None:
    """A way back is told of as it goes on, unless one of its steps takes long."""
    assert is_due(state, NOW) is due


def test_says_what_it_waits_for() -> None:
    first, second, how_long = waits_for(at(HALTED_AT, RUNNING, NEXT))
    assert first == "web1: step 1 MAY STILL RUN: its end is waited for"
    assert second == "web2: not at rest yet (draining)"
    assert "timeout of the step and 2m at most" in how_long
    assert "a second Ctrl-C" in how_long


def test_says_who_is_still_to_go_back() -> None:
    state = at(HALTED_AT, member("web1", Phase.FAILED), member("web2", Phase.WAITING))
    state = replace(state, mode=Mode.ROLLING_BACK, rolling=("web2", "web1"))
    assert waits_for(state) == ["web2: to be rolled back"]
    assert waits_for(replace(state, rolling=("web1",))) == []


def test_nothing_is_waited_for_after_a_second_signal() -> None:
    state = at(HALTED_AT, RUNNING)
    assert waits_for(replace(state, stop=StopRequested("SIGINT", at_once=True))) == []
    assert waits_for(replace(state, stop=StopRequested("SIGINT"))) != []

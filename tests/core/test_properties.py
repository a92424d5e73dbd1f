"""Whatever is seen, in whatever order: what never follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.decide.context import Output
from controller.core.decide.decide import decide
from controller.core.events import (
    Event,
    GateSampled,
    Halted,
    Intended,
    Looked,
    LookFailed,
    MemberCalled,
    RunBegan,
    SoakEnded,
    Verdict,
)
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Counters, Incarnation, InstanceView, Member
from controller.core.settings import Policies
from controller.core.state.apply import apply
from controller.core.state.state import State, initial
from controller.core.steps import Step
from tests.core.test_snapshot import line
from tests.support.members import changed

pytestmark = pytest.mark.untraced  # whatever happens: what is called has direct tests

GATES = (
    CounterGate("errors", Scope.MEMBER, 0.01, hold=timedelta(seconds=4)),
    CounterGate("pool", Scope.POOL, 0.01, hold=timedelta(seconds=4), window=timedelta(seconds=5)),
)
PLAN = Plan(
    name="web",
    members=tuple(Member(name, "10.0.0.1", 80) for name in ("web1", "web2", "web3")),
    canaries=(),
    instances=("lb1",),
    backends=("web",),
    max_unavailable=1,
    min_available=1,
    serving=3,
    policies=Policies(gates=GATES, soak=timedelta(seconds=2)),
    upgrade=CourseShape(1),
)

looks = st.tuples(
    st.integers(1, 1500),  # milliseconds since the one before
    st.sampled_from(["seen", "seen", "seen", "failed"]),
    st.integers(0, 4),  # errors
    st.integers(0, 60),  # good requests
    st.sampled_from([1, 1, 1, 2]),  # which worker
)


def as_event(output: Output) -> Event:
    if isinstance(output, Step):
        return Intended(output)
    return output


def followed(state: State, story: list[tuple[int, str, int, int, int]]) -> list[Event]:
    """All that is decided upon a story of looks, each decision applied."""
    now, errors, total, decided = timedelta(0), 0, 0, list[Event]()
    for gap, kind, more_errors, good, pid in story:
        now += timedelta(milliseconds=gap)
        errors, total = errors + more_errors, total + more_errors + good
        counts = Counters(errors, total)
        if kind == "failed":
            state = apply(PLAN, state, LookFailed("lb1", now, "refused"), now)
        else:
            lines = tuple(line(one.name, counters=counts) for one in PLAN.members)
            worker = Incarnation(str(pid), 1000)
            view = InstanceView("lb1", now, worker, lines, True, {"web": counts})
            state = apply(PLAN, state, Looked(view), now)
        while (output := decide(PLAN, state, now)) is not None:
            event = as_event(output)
            decided.append(event)
            state = apply(PLAN, state, event, now)
            if isinstance(event, Intended):
                return decided
    return decided


def last_word(decided: list[Event], gate: str) -> Verdict | None:
    words = [one.verdict for one in decided if isinstance(one, GateSampled) and one.gate == gate]
    return words[-1] if words else None


@settings(max_examples=150)
@given(st.lists(looks, max_size=25))
def test_nobody_goes_without_a_pass(story: list[tuple[int, str, int, int, int]]) -> None:
    """A member is called and taken out only while the pool gate's last word is a pass (S5)."""
    state = apply(PLAN, initial(PLAN), RunBegan("me"), timedelta(0))
    decided = followed(state, story)
    for number, event in enumerate(decided):
        if isinstance(event, MemberCalled | Intended):
            assert last_word(decided[:number], "pool") is Verdict.PASS


def test_a_good_story_goes_on() -> None:
    """With traffic and no errors a member is called: the properties here are about something."""
    state = apply(PLAN, initial(PLAN), RunBegan("me"), timedelta(0))
    kinds = [type(one) for one in followed(state, [(400, "seen", 0, 30, 1)] * 20)]
    assert MemberCalled in kinds
    assert kinds[-1] is Intended


@settings(max_examples=150)
@given(st.lists(looks, max_size=25))
def test_no_soak_ends_without_a_pass(story: list[tuple[int, str, int, int, int]]) -> None:
    """A soak ends, and the next member goes, only when both gates passed last; what fails halts."""
    state = apply(PLAN, initial(PLAN), RunBegan("me"), timedelta(0))
    soaking = changed(state.members["web1"], phase=Phase.SOAKING, begun=True)
    state = replace(state, members={**state.members, "web1": soaking}, touched=True)
    decided = followed(state, story)
    for number, event in enumerate(decided):
        before = decided[:number]
        if isinstance(event, SoakEnded):
            assert last_word(before, "errors") is last_word(before, "pool") is Verdict.PASS
            assert not any(isinstance(one, Halted) for one in before)
        if isinstance(event, MemberCalled):
            assert any(isinstance(one, SoakEnded) for one in before)

"""States that must not be: each is refused, and nothing is changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import (
    Intended,
    MemberCalled,
    MemberInherited,
    MemberJoined,
    MemberRelapsed,
    MemberRenewed,
    RunBegan,
)
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Found, Member
from controller.core.state.apply import apply
from controller.core.state.invariants import InvariantBroken, check
from controller.core.state.state import Mode, State, initial
from controller.core.steps import Course, RunStep, SetMember, Setting, Validate
from tests.core.test_properties import PLAN
from tests.support.members import changed

NOW = timedelta(seconds=1)
FOUND = Found(())
EVENT = MemberCalled("web1")


def state(**web1: Any) -> State:
    """web1 is so, the others wait."""
    start = initial(PLAN)
    return replace(start, members={**start.members, "web1": changed(start.members["web1"], **web1)})


WRONG: dict[str, dict[str, Any]] = {
    "what was found is not known": {"phase": Phase.OUT},
    "still recorded as taken out": {"phase": Phase.SOAKING, "found": FOUND},
    "Validate is open": {"phase": Phase.DUE, "work": Validate("web1", Course.UPGRADE)},
    "RunStep is open": {"work": RunStep("web1", Course.UPGRADE, 0, 0)},
    "counts as unchanged": {"phase": Phase.UPGRADING, "found": FOUND, "unfinished": True},
    "step 10 of": {"step": 9},
    "is not in rotation": {"phase": Phase.OUT, "found": FOUND, "condemned": True},
}


@pytest.mark.parametrize("words", WRONG)
def test_member_that_must_not_be(words: str) -> None:
    """Each breach at one member names it and its phase."""
    with pytest.raises(InvariantBroken, match=rf"web1 \(.*\): .*{words}"):
        check(PLAN, initial(PLAN), EVENT, state(**WRONG[words]))


def test_at_most_max_unavailable_are_out() -> None:
    """S1: no event takes out one more than may be; those that were out already are no breach."""
    out = changed(state().members["web2"], phase=Phase.OUT, found=FOUND)
    one = state(phase=Phase.OUT, found=FOUND)
    two = replace(one, members={**one.members, "web2": out})
    with pytest.raises(InvariantBroken, match="S1: 2 members are out because of us, at most 1"):
        check(PLAN, one, EVENT, two)
    assert check(PLAN, two, EVENT, two) is two


def test_what_failed_is_taken_out_whoever_came_meanwhile() -> None:
    """S6 goes before S1, where members that come are kept out until they have proven themselves."""
    out = changed(state().members["web2"], phase=Phase.WAITING, found=FOUND)
    one = replace(state(phase=Phase.SOAKING), members={**state().members, "web2": out})
    two = replace(
        one,
        members={
            **one.members,
            "web1": changed(one.members["web1"], phase=Phase.REMOVING, found=FOUND),
        },
    )
    removal = Intended(SetMember("web1", Setting.REMOVE, FOUND))
    assert check(replace(PLAN, joins=True), one, removal, two) is two
    with pytest.raises(InvariantBroken, match="S1"):
        check(PLAN, one, removal, two)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.HALTED, "halted, and not known why"),
        (Mode.ROLLING_BACK, "rolling back nobody"),
        (Mode.FINISHED, "finished, and not known how"),
    ],
)
def test_mode_comes_with_its_reason(mode: Mode, words: str) -> None:
    """A mode without what must come with it is a bug."""
    with pytest.raises(InvariantBroken, match=words):
        check(PLAN, initial(PLAN), EVENT, replace(initial(PLAN), mode=mode))


def test_every_event_is_checked() -> None:
    """The reducer refuses an event that leads to such a state."""
    began = apply(PLAN, state(), RunBegan("me"), NOW)
    lost = replace(began, members={**began.members, "web1": state(step=9).members["web1"]})
    with pytest.raises(InvariantBroken, match="web1"):
        apply(PLAN, lost, EVENT, NOW)


def test_what_an_earlier_rollout_left_out_is_only_found() -> None:
    """More of them than this rollout may take out are no breach: it took out none."""
    began = apply(PLAN, state(), RunBegan("me"), NOW)
    for name in PLAN.members:
        began = apply(PLAN, began, MemberInherited(name.name, FOUND), NOW)
    assert all(m.is_away for m in began.members.values())


def test_what_a_reload_took_out_anew_is_only_found() -> None:
    """The same: none of them was taken out now."""
    began = apply(PLAN, state(), RunBegan("me"), NOW)
    for name in PLAN.members:
        began = apply(PLAN, began, MemberRelapsed(name.name, "lb1", FOUND), NOW)
    assert all(m.is_away for m in began.members.values())


def test_who_joins_out_of_rotation_is_only_found() -> None:
    """The same: they were never in."""
    began = apply(PLAN, state(), RunBegan("me"), NOW)
    for name in ("web8", "web9"):
        began = apply(PLAN, began, MemberJoined(Member(name, "10.0.0.9", 80), FOUND), NOW)
    assert sum(m.is_away for m in began.members.values()) == 2


def test_what_came_anew_is_only_found() -> None:
    """The same: what came to their places was kept out, and nobody was taken out."""
    began = apply(PLAN, state(), RunBegan("me"), NOW)
    for name in PLAN.members:
        began = apply(PLAN, began, MemberRenewed(name.name, FOUND), NOW)
    assert all(m.is_away for m in began.members.values())


def test_validated_as_the_other_version() -> None:
    """The way back has more steps, all were run, and it is validated as the new version: the steps
    of either course bound what was done."""
    plan = replace(PLAN, rollback=CourseShape(3))
    rolled_back = {"phase": Phase.VALIDATING, "found": FOUND, "begun": True, "step": 3}
    for course in Course:
        after = state(course=course, **rolled_back)
        assert check(plan, initial(plan), EVENT, after) is after

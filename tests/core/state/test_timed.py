"""Planned outages are counted from the take-out to the proof, in whatever process."""

from datetime import timedelta
from typing import Any

from controller.core import events as e
from controller.core.phases import Phase
from controller.core.state.apply import apply
from controller.core.state.outage import Outage
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import SetMember, Setting
from tests.support.contexts import (
    FOUND,
    HALTED,
    NOW,
    PLAN,
    WORKERS,
    a_plan,
    ago,
    seconds,
    standing,
    state_of,
)
from tests.support.tables import table
from tests.support.virtual import EPOCH

PLANNED = a_plan(outage=timedelta(minutes=5), min_available=0)
SINCE = Outage(ago(60), 50)
OUT: Any = {"outage": SINCE}
DRAIN = e.Intended(SetMember("web1", Setting.DRAIN, FOUND))
BACK = e.Intended(SetMember("web1", Setting.PUT_BACK, FOUND))
BEGAN = e.RunBegan("me")


def outage_after(m: MemberState, event: e.Event, **state: Any) -> Outage:
    before = state_of(m, plan=PLANNED, **state)
    return apply(PLANNED, before, event, NOW).members["web1"].outage


@table(
    "m event outage",
    {
        "taken out": (standing(Phase.DUE), DRAIN, Outage(NOW)),
        "taken out once more": (standing(Phase.DRAINING, **OUT), DRAIN, SINCE),
        "out since an earlier rollout": (
            standing(Phase.WAITING),
            e.MemberInherited("web1", FOUND),
            Outage(NOW),
        ),
        "its step has ended": (
            standing(Phase.VALIDATING, **OUT),
            e.Validated("web1", True, "well"),
            SINCE,
        ),
        "proven": (
            standing(Phase.CHECKING, **OUT),
            BACK,
            Outage(spent=50, took=seconds(60)),
        ),
        "put back as it was": (
            standing(Phase.RESTORING, **OUT),
            e.MemberSet("web1", Setting.RESTORE, WORKERS),
            Outage(spent=50, took=seconds(60)),
        ),
        "removed, since it failed under traffic": (
            standing(Phase.SOAKING, outage=Outage(spent=80, took=seconds(9))),
            e.Intended(SetMember("web1", Setting.REMOVE, FOUND)),
            Outage(NOW),
        ),
        "told": (
            standing(Phase.UPGRADING, **OUT),
            e.OutageSpent("web1", 80, timedelta(minutes=5), seconds(240)),
            Outage(ago(60), 80),
        ),
        "not out": (standing(Phase.DUE), e.MemberStoodDown("web1"), Outage()),
    },
)
def test_counted(m: MemberState, event: e.Event, outage: Outage) -> None:
    assert outage_after(m, event) == outage


def test_others_serve_in_its_place() -> None:
    """Where no outage is planned, none is counted."""
    state = apply(PLAN, state_of(standing(Phase.DUE)), DRAIN, NOW)
    assert state.members["web1"].outage == Outage()


def test_only_what_is_out_is_counted() -> None:
    """An event that names no member changes none."""
    state = state_of(standing(Phase.UPGRADING, **OUT), plan=PLANNED)
    after = apply(PLANNED, state, e.CapacityShort(0, "web at lb1"), NOW)
    assert after.members is state.members


@table(
    "was then lasted",
    {
        "so long by the wall clock": (
            e.RunBegan("a", wall=EPOCH),
            e.RunBegan("b", wall=EPOCH + seconds(700)),
            seconds(160),
        ),
        "the wall clock was set back": (
            e.RunBegan("a", wall=EPOCH),
            e.RunBegan("b", wall=EPOCH - seconds(700)),
            seconds(0),
        ),
        "not known of the former process": (BEGAN, e.RunBegan("b", wall=EPOCH), seconds(0)),
        "not known of this one": (e.RunBegan("a", wall=EPOCH), BEGAN, seconds(0)),
        "no former process": (None, BEGAN, seconds(0)),
    },
)
def test_another_process(was: e.RunBegan | None, then: e.RunBegan, lasted: timedelta) -> None:
    """The former one began 600 s ago by its own clock, and 540 s later the member went out."""
    found = outage_after(standing(Phase.UPGRADING, **OUT), then, run=was)
    assert found == Outage(NOW - lasted, 50)


def test_another_process_and_nobody_is_out() -> None:
    assert outage_after(standing(Phase.WAITING), BEGAN) == Outage()


def test_the_operator_decides_to_go_on() -> None:
    """It has all of its time once more; whoever is not out has none that runs."""
    state: State = state_of(
        standing(Phase.FAILED, outage=Outage(ago(600), 100)),
        plan=PLANNED,
        **HALTED,
    )
    after = apply(PLANNED, state, e.ResumeRequested("me", "seen to"), NOW)
    assert after.members["web1"].outage == Outage(NOW)
    assert after.members["web2"].outage == Outage()

"""Who is in the place of a member: what follows when that changes, case by case."""

import re
from dataclasses import replace
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.occupants import are_at_odds, changed_hands, replaced
from controller.core.events import Cause, StepsUndone
from controller.core.phases import EXPOSED, IN_PROGRESS, Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Occupant
from tests.support.contexts import ANOTHER, SEATS, a_context, a_plan, standing, the
from tests.support.tables import Expected, halt, table

A_THIRD = Occupant("10.0.0.8:80", "10.0.0.8", 80)
MOVED_IN: dict[str, Any] = {"at": {"lb2": {"occupant": ANOTHER}}}


@table(
    "ctx output",
    {
        "the same one": (a_context(standing(Phase.OUT)), None),
        "another one at one balancer": (
            a_context(standing(Phase.OUT), **MOVED_IN),
            halt(Cause.OCCUPANT, "web1 at lb2 changed from 10.0.0.1:80 to 10.0.0.9:80"),
        ),
        "another one, and its step may run": (
            a_context(standing(Phase.OUT, unfinished=True), **MOVED_IN),
            None,
        ),
        "nobody known": (a_context(standing(Phase.OUT), shows={"occupant": None}), None),
        "nobody known before": (a_context(standing(Phase.OUT, seats=()), **MOVED_IN), None),
        "known at one balancer before": (
            a_context(standing(Phase.OUT, seats=SEATS[:1]), **MOVED_IN),
            None,
        ),
    },
)
def test_changed_hands(ctx: Context, output: Expected) -> None:
    """Another occupant halts the rollout; one that is not known is no other one."""
    assert changed_hands(ctx, the(ctx)) == output


@pytest.mark.parametrize("phase", Phase)
def test_changed_hands_in_each_phase(phase: Phase) -> None:
    """In progress nobody else may come, but before and while its steps run; who meets users
    goes out again."""
    ctx = a_context(standing(phase, seats=SEATS), **MOVED_IN)
    condemned = ("web1",) if phase in EXPOSED else ()
    may_change = phase not in IN_PROGRESS or phase in (Phase.DUE, Phase.UPGRADING)
    expected = None if may_change else halt(Cause.OCCUPANT, "10.0.0.9:80", condemned=condemned)
    assert changed_hands(ctx, the(ctx)) == expected


@table(
    "shown words",
    {
        "nobody else": ({}, ""),
        "another one everywhere": ({"shows": {"occupant": ANOTHER}}, ""),
        "another one at each balancer": (
            {"shows": {"occupant": ANOTHER}, "at": {"lb2": {"occupant": A_THIRD}}},
            "lb1 .*10.0.0.9:80, and lb2 has 10.0.0.8:80",
        ),
        "no address": ({"at": {"lb2": {"occupant": None}}}, "lb2 shows no address of it"),
        "another one at one balancer": (MOVED_IN, "lb2 .*web1.*10.0.0.9:80.*10.0.0.1:80"),
    },
)
def test_at_odds(shown: dict[str, Any], words: str) -> None:
    """After the steps every balancer must show the same one."""
    ctx = a_context(standing(Phase.UPGRADING), **shown)
    assert re.match(words or "$", are_at_odds(ctx, the(ctx)))


ELSEWHERE = tuple(replace(seat, occupant=ANOTHER) for seat in SEATS)


@table(
    "changes plan words",
    {
        "the same one": ({"step": 1, "done_for": SEATS}, a_plan(), None),
        "another one": (
            {"step": 1, "done_for": ELSEWHERE},
            a_plan(),
            "its steps ended well for 10.0.0.9:80, and lb1 shows 10.0.0.1:80 in its place",
        ),
        "another one, and no step had ended": ({"done_for": ELSEWHERE}, a_plan(), None),
        "another one, and a step may run": (
            {"step": 1, "done_for": ELSEWHERE, "unfinished": True, "begun": True},
            a_plan(),
            None,
        ),
        "another one, and `unless` has said that it is there": (
            {"step": 1, "done_for": ELSEWHERE},
            a_plan(upgrade=CourseShape(1, has_guard=True)),
            None,
        ),
    },
)
def test_steps_that_were_done_for_another_one(
    changes: dict[str, Any], plan: Plan, words: str | None
) -> None:
    """What ended well is repeated only for whoever it was not done for (S7)."""
    ctx = a_context(standing(Phase.DUE, **changes), plan=plan)
    undone = replaced(ctx, the(ctx))
    assert undone == (StepsUndone("web1", words) if words else None)

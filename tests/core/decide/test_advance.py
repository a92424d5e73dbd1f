"""What a member in progress does next: the order of the questions, before its phase's own."""

from typing import Any

import pytest

from controller.core.decide.advance import proceed
from controller.core.decide.context import Context
from controller.core.decide.refused import TRIES
from controller.core.events import Cause, MemberKept
from controller.core.phases import IN_PROGRESS, Phase
from controller.core.pool import Health
from controller.core.steps import Course, RunStep, Setting, Validate
from tests.support.contexts import (
    ANOTHER,
    FAILING,
    HERE,
    READY,
    RELOADED,
    SEATS,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, sets, table

STEP = RunStep("web1", Course.UPGRADE, 0, 0, SEATS)
PASSED: dict[str, Any] = {"health": Health.PASSING}


def drained(**changes: Any) -> Context:
    return a_context(standing(Phase.DRAINING, **changes))


@table(
    "ctx output",
    {
        "nothing open": (drained(), sets(Setting.HOLD)),
        "a setting is open": (drained(setting=Setting.DRAIN), None),
        "a setting failed just now": (drained(tries=1, tried_at=ago(0.19)), None),
        "a setting failed a moment ago": (
            drained(tries=1, tried_at=ago(0.2), set_at=None),
            sets(Setting.DRAIN),
        ),
        "a setting failed, and the next did not": (
            drained(tries=0, tried_at=ago(0.1)),
            sets(Setting.HOLD),
        ),
        "four settings failed": (
            drained(tries=TRIES - 1, tried_at=ago(1), set_at=None),
            sets(Setting.DRAIN),
        ),
        "five settings failed": (
            drained(tries=TRIES, tried_at=ago(1), set_at=None, why="lb2: not connected"),
            halt(Cause.BALANCER, "lb2: not connected"),
        ),
        "one setting failed that is done once": (
            drained(tries=1, is_final=True, tried_at=ago(1), set_at=None, why="`before` failed"),
            halt(Cause.BALANCER, "`before` failed"),
        ),
        "five settings failed, the last just now": (
            drained(tries=TRIES, tried_at=ago(0.1), set_at=None),
            None,
        ),
        "five settings failed, and another occupant came": (
            a_context(
                standing(Phase.DRAINING, tries=TRIES, tried_at=ago(1), why="lb2: not connected"),
                shows={"occupant": ANOTHER},
            ),
            halt(Cause.BALANCER, "lb2: not connected"),
        ),
        "another occupant came": (
            a_context(standing(Phase.DRAINING), shows={"occupant": ANOTHER}),
            halt(Cause.OCCUPANT, "10.0.0.9:80"),
        ),
        "clients reach it although it is out": (
            a_context(standing(Phase.OUT, came_when_out={"lb1": (4, 4), "lb2": (7, 9)})),
            halt(Cause.MEMBER, "2 requests or sessions reached web1 although it is out"),
        ),
        "one reaches it while its step runs, and the balancer says why": (
            a_context(
                standing(Phase.UPGRADING, came_when_out={"lb1": (4, 5)}),
                plan=a_plan(leak="a rule lets them"),
            ),
            halt(Cause.MEMBER, "1 request or session reached web1"),
        ),
        "clients came when it was out, and it is on its way back": (
            a_context(standing(Phase.CHECKING, came_when_out={"lb1": (4, 5)})),
            sets(Setting.PUT_BACK),
        ),
    },
)
def test_order_of_questions(ctx: Context, output: Expected) -> None:
    """An open setting, a pause after a failure, too many tries, the occupant, then the phase."""
    assert proceed(ctx, the(ctx)) == output


@pytest.mark.parametrize("phase", sorted(IN_PROGRESS | {Phase.ASKING}))
def test_every_phase_waits_for_an_open_setting(phase: Phase) -> None:
    """Whatever the phase, nothing is done twice at once; without one, each has a handler."""
    m = standing(phase, setting=Setting.HOLD)
    assert proceed(a_context(m), m) is None
    proceed(a_context(standing(phase)), standing(phase))


@table(
    "ctx output",
    {
        "to be removed": (a_context(standing(Phase.REMOVING)), sets(Setting.REMOVE)),
        "to be removed, unseen": (
            a_context(standing(Phase.REMOVING), silent={"lb2": ago(1)}),
            None,
        ),
        "to be removed, and the floor needs it": (
            a_context(standing(Phase.REMOVING), shows=READY, others=FAILING),
            saying(MemberKept, "stays in rotation"),
        ),
        "to go back": (a_context(standing(Phase.RESTORING)), sets(Setting.RESTORE)),
        "to go back, unseen": (a_context(standing(Phase.RESTORING), unasked=("lb1",)), None),
    },
)
def test_off_the_path(ctx: Context, output: Expected) -> None:
    """What is to be removed or to go back is set so, as soon as every balancer answers."""
    assert proceed(ctx, the(ctx)) == output


NO_ADDRESS: dict[str, Any] = {"at": {"lb2": {"occupant": None}}}
SAME_AS_WEB1: dict[str, Any] = {"others": {"occupant": HERE}}


@table(
    "ctx output",
    {
        "its address is known": (a_context(standing(Phase.OUT)), STEP),
        "the pool was seen before it was quiet": (
            a_context(standing(Phase.OUT), full=ago(4.1)),
            None,
        ),
        "the pool was seen before it was quiet everywhere": (
            a_context(
                standing(Phase.OUT, quiet={"lb1": (ago(4), ago(0)), "lb2": (ago(3), ago(0))}),
                full=ago(3.5),
            ),
            None,
        ),
        "the pool was seen before its last step had ended": (
            a_context(standing(Phase.UPGRADING, step_ended=ago(1)), full=ago(2)),
            None,
        ),
        "the pool was seen since": (a_context(standing(Phase.OUT), full=ago(4)), STEP),
        "seen before it was quiet, a step to be joined": (
            a_context(standing(Phase.UPGRADING, unfinished=True, attempt=1), full=ago(4.1)),
            RunStep("web1", Course.UPGRADE, 0, 1, SEATS),
        ),
        "a balancer shows none": (a_context(standing(Phase.OUT), **NO_ADDRESS), None),
        "none, and none was known": (
            a_context(standing(Phase.OUT, seats=SEATS[:1]), **NO_ADDRESS),
            RunStep("web1", Course.UPGRADE, 0, 0, SEATS[:1]),
        ),
        "none for too long": (
            a_context(standing(Phase.OUT), seen_since=ago(60), **NO_ADDRESS),
            halt(Cause.MEMBER, "web1: lb2 has shown no address of it for 1m"),
        ),
        "none, to be validated": (a_context(standing(Phase.VALIDATING), **NO_ADDRESS), None),
        "none, to be asked about": (a_context(standing(Phase.PROVING), **NO_ADDRESS), None),
        "one balancer has shown nothing yet, to be validated": (
            a_context(standing(Phase.VALIDATING), unasked=("lb2",)),
            None,
        ),
        "one balancer has shown nothing yet, to be asked about": (
            a_context(standing(Phase.PROVING), unasked=("lb2",)),
            None,
        ),
        "none has shown anything yet": (
            a_context(standing(Phase.VALIDATING), unasked=("lb1", "lb2")),
            None,
        ),
        "one balancer did not answer yet": (
            a_context(standing(Phase.VALIDATING), unasked=("lb2",), silent={"lb2": ago(1)}),
            None,
        ),
        "one balancer was seen before it fell silent": (
            a_context(standing(Phase.VALIDATING), silent={"lb2": ago(1)}),
            Validate("web1", Course.UPGRADE, SEATS),
        ),
        "none, to be checked": (
            a_context(standing(Phase.VALIDATING, passed=True), **NO_ADDRESS),
            None,
        ),
        "none, to be put back": (
            a_context(standing(Phase.CHECKING), shows=PASSED, **NO_ADDRESS),
            None,
        ),
        "none, somebody put it in rotation": (
            a_context(
                standing(Phase.OUT), shows=READY, workers={"lb1": RELOADED}, at=NO_ADDRESS["at"]
            ),
            halt(Cause.FOREIGN, "somebody else changed web1 at lb2"),
        ),
        "users meet it by another name": (
            a_context(standing(Phase.OUT), **SAME_AS_WEB1),
            halt(Cause.OCCUPANT, "web2 (web at lb1) leads to the same machine as web1"),
        ),
        "it has another name, and is validated": (
            a_context(standing(Phase.VALIDATING), **SAME_AS_WEB1),
            Validate("web1", Course.UPGRADE, SEATS),
        ),
    },
)
def test_known_machines_only(ctx: Context, output: Expected) -> None:
    """What is done to a machine waits until it was seen since this process began, and until its
    address is shown; other settings do not (S4)."""
    assert proceed(ctx, the(ctx)) == output

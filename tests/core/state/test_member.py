"""What an event changes about a member, field by field: these, and no others."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core import events as e
from controller.core.gates.tally import Tally
from controller.core.phases import IllegalMove, Move, Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Counters, Seat
from controller.core.state.apply import apply
from controller.core.state.member import RETIRED
from controller.core.state.moves import moved
from controller.core.state.parts import MemberState
from controller.core.steps import (
    AskGuard,
    AskOperator,
    Course,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)
from tests.support.contexts import (
    ANOTHER,
    FOUND,
    NOW,
    RELOADED,
    ROLLING_BACK,
    SEATS,
    WORKERS,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.members import changed, difference
from tests.support.tables import table

UP, BACK = Course.UPGRADE, Course.ROLLBACK
PLAN = a_plan(rollback=CourseShape(1))
SERVED = {"web1": Tally(Counters(1, 10)), "web2": Tally(Counters(0, 20))}
PEERS = {"web2": Counters(0, 20), "web3": Counters()}
NEW_SEATS = SEATS[:1]
MOVED = tuple(Seat(one.key, ANOTHER) for one in SEATS)

Changes = dict[str, Any]


def into(phase: Phase, **more: Any) -> Changes:
    """It came into this phase now, and what else changed."""
    return {"phase": phase, "since": NOW, **more}


def changes_of(m: MemberState, event: e.Event, **state: Any) -> Changes:
    """What the event changed about web1; nothing else changed about the others."""
    before = a_context(m, plan=PLAN, tallies=SERVED, **state).state
    after = apply(PLAN, before, event, NOW)
    assert {n: m for n, m in after.members.items() if n != "web1"} == {
        n: m for n, m in before.members.items() if n != "web1"
    }
    return difference(m, after.members["web1"])


def setting(which: Setting, share: int = 100) -> SetMember:
    return SetMember("web1", which, FOUND, share, SEATS)


UNSET: Changes = {"set_at": None, "quiet": {}}
MARKED: Changes = {"mark": Counters(1, 10), "peers_mark": PEERS}
STEP, PROOF = RunStep("web1", UP, 0, 0, SEATS), AskGuard("web1", UP, 4, NEW_SEATS)

TAKES_OUT = RunStep("web1", UP, 0, 0, SEATS, FOUND)


PUT_BACK: dict[str, Any] = {"found": None, "former": FOUND}
"""What was found of it is remembered, should a reload take it out anew."""


@table(
    "m step changes",
    {
        "drained": (
            standing(Phase.DUE),
            setting(Setting.DRAIN),
            into(
                Phase.DRAINING,
                setting=Setting.DRAIN,
                found=FOUND,
                seats=SEATS,
                drain_since=NOW,
            ),
        ),
        "drained, found before, confirmed before": (
            standing(Phase.DUE, found=FOUND, seats=SEATS, confirmed=Setting.HOLD, cuts=2),
            setting(Setting.DRAIN),
            into(Phase.DRAINING, setting=Setting.DRAIN, confirmed=None, drain_since=NOW, cuts=0),
        ),
        "drained again": (
            standing(Phase.DRAINING, drain_since=ago(5), arrivals=7),
            setting(Setting.DRAIN),
            {"setting": Setting.DRAIN, "set_at": None, "arrivals": None},
        ),
        "drained again, for whoever is there": (
            standing(Phase.DRAINING, drain_since=ago(5)),
            SetMember("web1", Setting.DRAIN, FOUND),
            {"setting": Setting.DRAIN, "set_at": None},
        ),
        "held": (
            standing(Phase.DRAINING, tries=2),
            setting(Setting.HOLD),
            into(Phase.HOLDING, setting=Setting.HOLD, set_at=None, tries=0),
        ),
        "held, another try": (
            standing(Phase.HOLDING, tries=2),
            setting(Setting.HOLD),
            {"setting": Setting.HOLD},
        ),
        "held while it is out": (
            standing(Phase.OUT),
            setting(Setting.HOLD),
            into(Phase.HOLDING, setting=Setting.HOLD, **UNSET),
        ),
        "held while its step runs": (
            standing(Phase.UPGRADING),
            setting(Setting.HOLD),
            {"setting": Setting.HOLD, **UNSET},
        ),
        "cut": (standing(Phase.OUT), setting(Setting.CUT), {"setting": Setting.CUT, **UNSET}),
        "checked": (
            standing(Phase.VALIDATING),
            setting(Setting.CHECK),
            into(Phase.CHECKING, setting=Setting.CHECK, set_at=None),
        ),
        "put back": (
            standing(Phase.CHECKING),
            setting(Setting.PUT_BACK),
            into(Phase.RETURNING, setting=Setting.PUT_BACK, set_at=None, proven=True, **MARKED),
        ),
        "put back in part, marked before": (
            standing(Phase.CHECKING, mark=Counters(0, 3)),
            setting(Setting.PUT_BACK, 10),
            into(
                Phase.RETURNING,
                setting=Setting.PUT_BACK,
                set_at=None,
                share=10,
                proven=True,
                **MARKED,
            ),
        ),
        "the next step of its ramp": (
            standing(Phase.RAMPING, proven=True),
            setting(Setting.PUT_BACK, 50),
            {"setting": Setting.PUT_BACK, "set_at": None, "share": 50},
        ),
        "the first step of its ramp again": (
            standing(Phase.RAMPING, mark=None, proven=True),
            setting(Setting.PUT_BACK, 10),
            {"setting": Setting.PUT_BACK, "set_at": None, **MARKED},
        ),
        "to go back as it was": (
            standing(Phase.OUT),
            setting(Setting.RESTORE),
            into(Phase.RESTORING, setting=Setting.RESTORE, **UNSET),
        ),
        "taken out again": (
            standing(Phase.SOAKING, condemned=True, proven=True),
            setting(Setting.REMOVE),
            into(Phase.REMOVING, setting=Setting.REMOVE, set_at=None, found=FOUND, proven=False),
        ),
        "taken out again, half-way back": (
            standing(Phase.RAMPING, condemned=True),
            SetMember("web1", Setting.REMOVE, None),
            into(Phase.REMOVING, setting=Setting.REMOVE, set_at=None),
        ),
        "the first step": (
            standing(Phase.OUT),
            STEP,
            into(Phase.UPGRADING, work=STEP, begun=True, unfinished=True),
        ),
        "a step that takes it out itself": (
            standing(Phase.DUE),
            TAKES_OUT,
            into(
                Phase.UPGRADING,
                work=TAKES_OUT,
                begun=True,
                unfinished=True,
                found=FOUND,
                seats=SEATS,
            ),
        ),
        "a step that may run is joined, whoever is in its place": (
            standing(Phase.UPGRADING, unfinished=True),
            RunStep("web1", UP, 0, 0, NEW_SEATS),
            {"work": RunStep("web1", UP, 0, 0, NEW_SEATS)},
        ),
        "a step again": (
            standing(Phase.UPGRADING, lost=True, passed=False, answer=e.Answer.NEEDED),
            STEP,
            {"work": STEP, "unfinished": True, "lost": False, "passed": None, "answer": None},
        ),
        "a step after all": (
            standing(Phase.PROVING, step=0, lost=True, answer=e.Answer.NEEDED),
            STEP,
            into(Phase.UPGRADING, work=STEP, unfinished=True, lost=False, answer=None),
        ),
        "asked about": (
            standing(Phase.WAITING, serial=4),
            PROOF,
            into(Phase.ASKING, work=PROOF, serial=5),
        ),
        "asked about again": (
            standing(Phase.ASKING, serial=4, answer=e.Answer.NEEDED),
            PROOF,
            {"work": PROOF, "serial": 5, "answer": None},
        ),
        "proven": (
            standing(Phase.UPGRADING, serial=4),
            PROOF,
            into(Phase.PROVING, work=PROOF, serial=5, seats=NEW_SEATS, done_for=NEW_SEATS),
        ),
        "validated": (
            standing(Phase.PROVING, passed=False),
            Validate("web1", UP, NEW_SEATS),
            into(
                Phase.VALIDATING,
                work=Validate("web1", UP, NEW_SEATS),
                validated_from=NOW,
                passed=None,
                seats=NEW_SEATS,
                done_for=NEW_SEATS,
            ),
        ),
        "validated, nobody known in its place": (
            standing(Phase.PROVING),
            Validate("web1", UP),
            into(Phase.VALIDATING, work=Validate("web1", UP), validated_from=NOW),
        ),
        "validated as the other version": (
            standing(Phase.VALIDATING, passed=False),
            Validate("web1", BACK),
            {
                "work": Validate("web1", BACK),
                "validated_from": NOW,
                "passed": None,
                "course": BACK,
                "tried_other": True,
            },
        ),
        "validated as what ran before": (
            standing(Phase.VALIDATING, passed=False, course=BACK),
            Validate("web1", BACK, as_before=True),
            {
                "work": Validate("web1", BACK, as_before=True),
                "validated_from": NOW,
                "passed": None,
                "as_before": True,
            },
        ),
        "the operator is asked": (
            standing(Phase.DUE),
            AskOperator("web1"),
            {"work": AskOperator("web1")},
        ),
    },
)
def test_intended(m: MemberState, step: Step, changes: Changes) -> None:
    """A step that is about to be performed is open, and nothing else is as yet."""
    assert changes_of(m, e.Intended(step)) == changes


def was_set(phase: Phase, which: Setting, **changes: Any) -> MemberState:
    """Set so, and not yet confirmed."""
    values: dict[str, Any] = {
        "setting": which,
        "set_at": None,
        "confirmed": None,
        "incarnations": {},
    }
    return standing(phase, **{**values, **changes})


def confirmed(which: Setting) -> e.MemberSet:
    return e.MemberSet("web1", which, WORKERS)


def as_confirmed(which: Setting, **more: Any) -> Changes:
    known = {"set_at": NOW, "setting": None, "confirmed": which, "incarnations": WORKERS}
    return {**known, **more}


@table(
    "m which changes",
    {
        "drained": (
            was_set(Phase.DRAINING, Setting.DRAIN, tries=2),
            Setting.DRAIN,
            as_confirmed(Setting.DRAIN, tries=0),
        ),
        "held": (
            was_set(Phase.HOLDING, Setting.HOLD),
            Setting.HOLD,
            as_confirmed(Setting.HOLD, **into(Phase.OUT)),
        ),
        "held while its step runs": (
            was_set(Phase.UPGRADING, Setting.HOLD),
            Setting.HOLD,
            as_confirmed(Setting.HOLD, quiet={}),
        ),
        "cut": (
            standing(Phase.OUT, setting=Setting.CUT, cuts=1),
            Setting.CUT,
            {"setting": None, "set_at": NOW, "cuts": 2, "quiet": {}},
        ),
        "checked": (
            was_set(Phase.CHECKING, Setting.CHECK),
            Setting.CHECK,
            as_confirmed(Setting.CHECK),
        ),
        "put back": (
            was_set(Phase.RETURNING, Setting.PUT_BACK),
            Setting.PUT_BACK,
            as_confirmed(Setting.PUT_BACK),
        ),
        "removed": (
            was_set(Phase.REMOVING, Setting.REMOVE, condemned=True),
            Setting.REMOVE,
            as_confirmed(Setting.REMOVE, **into(Phase.FAILED)),
        ),
        "back as it was": (
            was_set(Phase.RESTORING, Setting.RESTORE, step=1, passed=False, drain_since=ago(9)),
            Setting.RESTORE,
            as_confirmed(
                Setting.RESTORE,
                **into(Phase.WAITING, **PUT_BACK, step=0, passed=None, drain_since=None),
            ),
        ),
    },
)
def test_set(m: MemberState, which: Setting, changes: Changes) -> None:
    """What every balancer has confirmed is no longer open, and it is known who confirmed it."""
    assert changes_of(m, confirmed(which)) == changes


def ended(
    passed: bool, *, lost: bool = False, detail: str = "exit code 4", output: str = ""
) -> e.StepEnded:
    return e.StepEnded("web1", 0, 0, passed, lost, detail, output, 1.0)


def answered(answer: e.Answer) -> e.GuardAnswered:
    return e.GuardAnswered("web1", answer, "nginx-2.4")


def test_unless_says_that_what_ended_well_is_gone() -> None:
    """All its steps run again then, as new jobs; one step that has failed is no reason to (S7)."""
    asked = standing(Phase.ASKING, found=FOUND, begun=True, step=1, work=AskGuard("web1", UP, 0))
    after = changes_of(asked, answered(e.Answer.NEEDED))
    assert (after["phase"], after["step"], after["attempt"]) == (Phase.DUE, 0, 1)
    failed = changed(asked, step=0)
    assert "attempt" not in changes_of(failed, answered(e.Answer.NEEDED))


RUNS = standing(Phase.UPGRADING, work=STEP, unfinished=True)
ASKED = standing(Phase.ASKING, work=AskGuard("web1", UP, 0))
PROVING = standing(Phase.PROVING, work=AskGuard("web1", UP, 0))
ENDED: Changes = {"work": None, "unfinished": False, "step_ended": NOW}


@table(
    "m event changes",
    {
        "inherited from an earlier rollout": (
            standing(Phase.WAITING),
            e.MemberInherited("web1", FOUND),
            {"found": FOUND, "begun": True},
        ),
        "a setting failed": (
            was_set(Phase.DRAINING, Setting.DRAIN, tries=1),
            e.SettingFailed("web1", Setting.DRAIN, "lb2: no", retryable=True),
            {"setting": None, "tried_at": NOW, "tries": 2, "why": "lb2: no"},
        ),
        "a setting failed that was confirmed before": (
            standing(Phase.CHECKING, setting=Setting.CHECK),
            e.SettingFailed("web1", Setting.CHECK, "lb2: no", retryable=False),
            {"setting": None, "set_at": None, "tried_at": NOW, "tries": 1, "why": "lb2: no"},
        ),
        "its ramp was refused": (
            was_set(Phase.RETURNING, Setting.PUT_BACK),
            e.RampRefused("web1", "weights are fixed"),
            {"setting": None},
        ),
        "needed": (
            ASKED,
            answered(e.Answer.NEEDED),
            into(Phase.DUE, work=None, answer=e.Answer.NEEDED, detail="nginx-2.4"),
        ),
        "already there": (
            ASKED,
            answered(e.Answer.PRESENT),
            into(
                Phase.SKIPPED,
                work=None,
                answer=e.Answer.PRESENT,
                detail="nginx-2.4",
                why="nginx-2.4",
            ),
        ),
        "already there, and out because of us": (
            standing(Phase.ASKING, work=AskGuard("web1", UP, 0), found=FOUND),
            answered(e.Answer.PRESENT),
            into(
                Phase.DUE,
                work=None,
                answer=e.Answer.PRESENT,
                detail="nginx-2.4",
                step=1,
                begun=True,
            ),
        ),
        "refused": (
            ASKED,
            answered(e.Answer.REFUSED),
            into(Phase.WAITING, work=None, answer=e.Answer.REFUSED, detail="nginx-2.4"),
        ),
        "proof": (
            PROVING,
            answered(e.Answer.REFUSED),
            {"work": None, "answer": e.Answer.REFUSED, "detail": "nginx-2.4"},
        ),
        "proof that nothing needs to run again": (
            standing(Phase.PROVING, work=AskGuard("web1", UP, 0), lost=True, may_run="ssh"),
            answered(e.Answer.PRESENT),
            {"work": None, "answer": e.Answer.PRESENT, "detail": "nginx-2.4", "may_run": ""},
        ),
        "a step passed": (RUNS, ended(True), {**ENDED, "step": 1, "exits": (0,)}),
        "a step passed that asks for a reboot": (
            replace(RUNS, progress=replace(RUNS.progress, exits=(9, 9))),
            replace(ended(True), exit_code=3),
            {**ENDED, "step": 1, "exits": (3,)},
        ),
        "a step failed": (RUNS, ended(False), {**ENDED, "passed": False, "detail": "exit code 4"}),
        "a step failed, and said why": (
            RUNS,
            ended(False, output="one\n  no space left \n\n"),
            {**ENDED, "passed": False, "detail": "exit code 4: one / no space left"},
        ),
        "a step failed, and may run elsewhere": (
            RUNS,
            replace(ended(False), exit_code=255, may_run="what ssh started"),
            {
                **ENDED,
                "passed": False,
                "detail": "exit code 4",
                "exit_code": 255,
                "may_run": "what ssh started",
            },
        ),
        "a step was lost": (RUNS, ended(False, lost=True), {**ENDED, "lost": True, "attempt": 1}),
        "a step was lost, and may run elsewhere": (
            RUNS,
            replace(ended(False, lost=True), may_run="what ssh started"),
            {**ENDED, "lost": True, "attempt": 1, "may_run": "what ssh started"},
        ),
        "a step of a way back that is over": (
            standing(Phase.UPGRADING, work=STEP, unfinished=True, course=BACK, step=0, attempt=2),
            ended(True),
            {**ENDED, "course": UP, "attempt": 3},
        ),
        "validated": (
            standing(Phase.VALIDATING, work=Validate("web1", UP)),
            e.Validated("web1", True, "status 200"),
            {"work": None, "passed": True, "detail": "status 200"},
        ),
        "not valid": (
            standing(Phase.VALIDATING, work=Validate("web1", UP)),
            e.Validated("web1", False, "status 500"),
            {"work": None, "passed": False, "detail": "status 500"},
        ),
        "the operator says yes": (
            standing(Phase.DUE, work=AskOperator("web1")),
            e.OperatorAnswered("web1", True),
            {"work": None, "approved": True},
        ),
        "the operator says no": (
            standing(Phase.DUE, work=AskOperator("web1"), approved=True),
            e.OperatorAnswered("web1", False),
            {"work": None, "approved": False, "declined": True},
        ),
        "somebody else put it in rotation": (
            RUNS,
            e.ForeignHandSeen("web1", "lb2"),
            {"foreign": True, "confirmed": None},
        ),
    },
)
def test_happened(m: MemberState, event: e.Event, changes: Changes) -> None:
    """What became of a step."""
    ends = isinstance(event, e.GuardAnswered | e.StepEnded | e.Validated)
    assert changes_of(m, event) == changes | ({"ended_at": NOW} if ends else {})


def test_step_of_a_way_back_that_goes_on() -> None:
    """While rolling back, its steps count as those of any course."""
    m = standing(Phase.UPGRADING, work=STEP, unfinished=True, course=BACK)
    assert changes_of(m, ended(True), **ROLLING_BACK) == {
        **ENDED,
        "step": 1,
        "exits": (0,),
        "ended_at": NOW,
    }


BACK_IN = standing(Phase.RETURNING, begun=False)
NOT_PROVEN = standing(Phase.FAILED, step=0, passed=False, condemned=True, why="exit code 4")
RESTORING: Changes = {"restore_tried": True, "why": "", "passed": None, "condemned": False}


@table(
    "m event changes",
    {
        "its turn": (standing(Phase.WAITING), e.MemberCalled("web1"), into(Phase.DUE)),
        "stood down": (
            standing(Phase.DUE, work=AskOperator("web1")),
            e.MemberStoodDown("web1"),
            into(Phase.WAITING, work=None),
        ),
        "its steps are undone": (
            standing(Phase.DUE, found=FOUND, step=1, done_for=NEW_SEATS),
            e.StepsUndone("web1", "another server"),
            {"step": 0, "attempt": 1, "done_for": ()},
        ),
        "out already": (
            standing(Phase.DUE, found=FOUND),
            e.MemberFoundOut("web1"),
            into(Phase.HOLDING),
        ),
        "not reached": (
            standing(Phase.WAITING, answer=e.Answer.UNREACHED),
            e.MemberLeft("web1", "not reached: exit code 255", is_unreached=True),
            into(Phase.LEFT, why="not reached: exit code 255", is_unreached=True),
        ),
        "left": (
            standing(Phase.DUE),
            e.MemberLeft("web1", "is out"),
            into(Phase.LEFT, why="is out"),
        ),
        "back": (
            standing(Phase.RETURNING, mark=Counters(0, 5), begun=False),
            e.MemberReturned("web1"),
            into(Phase.SOAKING, begun=True, returned_at=NOW, warmed_at=NOW, **PUT_BACK),
        ),
        "back, not marked": (
            BACK_IN,
            e.MemberReturned("web1"),
            into(Phase.SOAKING, begun=True, returned_at=NOW, warmed_at=NOW, **PUT_BACK, **MARKED),
        ),
        "back in part": (
            standing(Phase.RETURNING, share=10),
            e.MemberReturned("web1"),
            into(Phase.RAMPING, returned_at=NOW, **MARKED),
        ),
        "back, after a crash in its soak": (
            standing(Phase.SOAKING, mark=None, warmed_at=None, returned_at=None, former=FOUND),
            e.MemberReturned("web1"),
            {"returned_at": NOW, "warmed_at": NOW, **MARKED},
        ),
        "at its full weight": (
            standing(Phase.RAMPING, share=100),
            e.RampEnded("web1"),
            into(Phase.SOAKING, warmed_at=NOW, **PUT_BACK),
        ),
        "proven": (
            standing(Phase.SOAKING, peers_mark=PEERS),
            e.SoakEnded("web1", "9 requests"),
            into(Phase.DONE, why="9 requests", mark=None, peers_mark={}, finished_turn=1),
        ),
        "failed": (
            RUNS,
            e.MemberFailed("web1", "exit code 4"),
            into(Phase.FAILED, why="exit code 4", work=None),
        ),
        "kept": (
            standing(Phase.SOAKING),
            e.MemberKept("web1", "cut short"),
            into(Phase.KEPT, why="cut short"),
        ),
        "kept, out": (
            standing(Phase.SOAKING),
            e.MemberKept("web1", "somebody else", is_out=True),
            into(Phase.KEPT, why="somebody else", kept_out=True),
        ),
        "gone": (
            standing(Phase.WAITING, found=FOUND),
            e.MemberGone("web1", "it is gone"),
            into(Phase.LEFT, why="it is gone", found=None, is_gone=True),
        ),
        "moved before its turn": (
            standing(Phase.WAITING, seats=SEATS),
            e.MemberMoved("web1", "10.0.0.1:80", MOVED),
            {"seats": MOVED},
        ),
        "moved while it is asked about": (
            standing(Phase.ASKING, work=AskGuard("web1", Course.UPGRADE, 0)),
            e.MemberMoved("web1", "10.0.0.1:80", MOVED),
            into(Phase.WAITING, seats=MOVED, work=None),
        ),
        "moved when its turn had come": (
            standing(Phase.DUE, approved=True, answer=e.Answer.NEEDED),
            e.MemberMoved("web1", "10.0.0.1:80", MOVED),
            into(Phase.WAITING, seats=MOVED, approved=False, answer=None),
        ),
        "moved by its step": (
            standing(Phase.UPGRADING),
            e.MemberMoved("web1", "10.0.0.1:80", MOVED),
            {"seats": MOVED},
        ),
        "moved since it was done": (
            standing(Phase.DONE, seats=SEATS, astray=True, former=FOUND, why="9 requests", step=1),
            e.MemberMoved("web1", "10.0.0.1:80", MOVED),
            into(
                Phase.WAITING,
                **{"seats": MOVED, "astray": False, "former": None, "why": ""},
                **{"step": 0, "attempt": 1, "begun": False},
            ),
        ),
        "taken out anew by a reload": (
            standing(Phase.DONE, former=FOUND, relapsed_at="lb1", mark=None),
            e.MemberRelapsed("web1", "lb1", FOUND),
            into(Phase.WAITING, found=FOUND, relapsed_at=""),
        ),
        "something new came, and it waited": (
            standing(Phase.WAITING, approved=True, answer=e.Answer.PRESENT),
            e.MemberRenewed("web1", FOUND),
            {"found": FOUND, "begun": True, "approved": False, "answer": None},
        ),
        "something new came, and it was done": (
            standing(Phase.DONE, seats=SEATS, step=1, former=FOUND),
            e.MemberRenewed("web1", FOUND),
            into(Phase.WAITING, found=FOUND, step=0, seats=(), former=None),
        ),
        "it left while it was in progress": (
            standing(Phase.VALIDATING, unfinished=True),
            e.MemberGone("web1", "scaled down"),
            into(Phase.LEFT, why="scaled down", found=None, unfinished=False, is_gone=True),
        ),
        "its place was given up": (
            standing(Phase.UPGRADING),
            e.MemberRetired("web1"),
            into(Phase.DONE, why=RETIRED, found=None, finished_turn=1),
        ),
        "stuck": (standing(Phase.FAILED), e.MemberStuck("web1"), into(Phase.STUCK)),
        "to be put back, never changed": (
            standing(Phase.FAILED, begun=False, why="no"),
            e.RestoreBegan("web1"),
            into(Phase.RESTORING, why="", restore_tried=True, course=BACK),
        ),
        "to be put back, upgraded": (
            standing(Phase.FAILED, step=1),
            e.RestoreBegan("web1"),
            into(Phase.VALIDATING, restore_tried=True),
        ),
        "to be put back, its upgrade failed": (
            NOT_PROVEN,
            e.RestoreBegan("web1"),
            into(Phase.VALIDATING, course=BACK, **RESTORING),
        ),
        "to be put back, rolled back": (
            standing(Phase.FAILED, course=BACK, tried_other=True),
            e.RestoreBegan("web1"),
            into(Phase.VALIDATING, restore_tried=True, tried_other=False),
        ),
    },
)
def test_concluded(m: MemberState, event: e.Event, changes: Changes) -> None:
    """What was decided about it."""
    assert changes_of(m, event) == changes


def test_put_back_without_a_way_back() -> None:
    """Where the former version has no course of its own, it must pass as the new one."""
    before = a_context(NOT_PROVEN).state
    after = apply(a_plan(), before, e.RestoreBegan("web1"), NOW)
    assert difference(NOT_PROVEN, after.members["web1"]) == into(Phase.VALIDATING, **RESTORING)


@pytest.mark.parametrize(
    ("m", "event"),
    [
        (standing(Phase.RETURNING, mark=Counters()), e.MemberReturned("web1")),
        (standing(Phase.RAMPING, share=100), e.RampEnded("web1")),
    ],
)
def test_warm_up_comes_before_the_soak(m: MemberState, event: e.Event) -> None:
    """While a balancer still raises its share, the soak has not begun."""
    before = a_context(m, shows={"is_warming": True}).state
    after = apply(PLAN, before, event, NOW).members["web1"]
    assert (after.phase, after.trial.warmed_at) == (Phase.SOAKING, None)


def test_illegal_move() -> None:
    """What the table of transitions does not have raises, and changes nothing."""
    before = a_context(standing(Phase.DONE)).state
    with pytest.raises(IllegalMove, match="a member that is done cannot fail"):
        apply(PLAN, before, e.MemberFailed("web1", "no"), NOW)


def test_a_phase_that_stays_keeps_its_time() -> None:
    """A move that leads to the same phase does not begin it again."""
    m = standing(Phase.RESTORING, since=ago(9))
    assert moved(m, Move.RESTORE, NOW) == m


def test_workers_are_told_apart() -> None:
    """Who confirmed a setting replaces who did before."""
    m = was_set(Phase.DRAINING, Setting.DRAIN, incarnations=WORKERS)
    event = e.MemberSet("web1", Setting.DRAIN, {"lb1": RELOADED})
    assert changes_of(m, event)["incarnations"] == {"lb1": RELOADED}

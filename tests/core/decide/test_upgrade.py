"""Out of rotation: the steps, their proof and the validation, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.upgrade import failed, next_step, proving, upgrading, validating
from controller.core.events import (
    Answer,
    Cause,
    ForeignHandSeen,
    MemberFailed,
    MemberMoved,
    MemberRetired,
)
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.pool import Seat
from controller.core.state.parts import MemberState
from controller.core.steps import AskGuard, Course, RunStep, Setting, Validate
from tests.support.contexts import (
    ANOTHER,
    PUTTING_BACK,
    READY,
    RELOADED,
    SEATS,
    STOPPED,
    a_context,
    a_plan,
    ago,
    home,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, sets, table

UP, BACK = Course.UPGRADE, Course.ROLLBACK
TWO_STEPS = a_plan(upgrade=CourseShape(2))
GUARDED = a_plan(upgrade=CourseShape(1, has_guard=True))
WITH_ROLLBACK = a_plan(rollback=CourseShape(1))
ROLLBACK_RUN = a_plan(purpose=Purpose.ROLLBACK)
RETIRES = a_plan(retires=True)
RELOADED_AT_LB2: dict[str, Any] = {"at": {"lb2": READY}, "workers": {"lb2": RELOADED}}
PUT_IN_AT_LB2: dict[str, Any] = {"at": {"lb2": READY}}
MOVED_IN: dict[str, Any] = {"at": {"lb2": {"occupant": ANOTHER}}}
VALIDATION = Validate("web1", UP, SEATS)
AS_BEFORE = Validate("web1", BACK, SEATS, as_before=True)
KNOWN = a_plan(before={"web1": {"version": "v1"}})
PROOF = AskGuard("web1", UP, 0, SEATS)


def running(index: int = 0, attempt: int = 0, course: Course = UP) -> RunStep:
    return RunStep("web1", course, index, attempt, SEATS)


@table(
    "ctx output",
    {
        "the first step": (a_context(standing(Phase.OUT)), running(0)),
        "the second step": (
            a_context(standing(Phase.OUT, step=1, attempt=4), plan=TWO_STEPS),
            running(1, 4),
        ),
        "the second step, which is told how the first one ended": (
            a_context(standing(Phase.OUT, step=1, exits=(3, 0)), plan=TWO_STEPS),
            replace(running(1), former=(3,)),
        ),
        "no step is left": (a_context(standing(Phase.OUT, step=1)), VALIDATION),
        "no step is left, to be proven": (
            a_context(standing(Phase.OUT, step=1), plan=GUARDED),
            PROOF,
        ),
        "the way back has its own steps": (
            a_context(standing(Phase.OUT, course=BACK, step=1), plan=WITH_ROLLBACK),
            Validate("web1", BACK, SEATS),
        ),
    },
)
def test_next_step(ctx: Context, output: Expected) -> None:
    """The steps in their order, then the proof where there is one, then the validation."""
    assert next_step(ctx, the(ctx)) == output


def upgraded(**changes: Any) -> MemberState:
    """All steps have run, the last one a second ago."""
    return standing(Phase.UPGRADING, **{"step": 1, "step_ended": ago(1), **changes})


def between(**changes: Any) -> MemberState:
    return standing(Phase.UPGRADING, **changes)


@table(
    "ctx output",
    {
        "its step runs": (a_context(between(work=running(), unfinished=True)), None),
        "a reload while its step runs": (
            a_context(between(work=running(), unfinished=True), **RELOADED_AT_LB2),
            sets(Setting.HOLD),
        ),
        "put in rotation while its step runs": (
            a_context(between(work=running(), unfinished=True), **PUT_IN_AT_LB2),
            ForeignHandSeen("web1", "lb2"),
        ),
        "the first step is next": (a_context(between()), running(0)),
        "the second step is next": (
            a_context(upgraded(), plan=TWO_STEPS),
            running(1),
        ),
        "the second step, and not seen since the first": (
            a_context(upgraded(step_ended=ago(0.1)), seen=ago(0.2), plan=TWO_STEPS),
            None,
        ),
        "the second step, and not quiet": (
            a_context(upgraded(quiet={}), shows={"in_flight": 1}, plan=TWO_STEPS),
            None,
        ),
        "the second step, and not quiet for too long": (
            a_context(
                upgraded(quiet={}, since=ago(500), step_ended=ago(300)),
                shows={"in_flight": 1},
                plan=TWO_STEPS,
            ),
            halt(Cause.MEMBER, "2 requests or sessions"),
        ),
        "its time counts from the end of the step": (
            a_context(
                upgraded(quiet={}, since=ago(500), step_ended=ago(299)),
                shows={"in_flight": 1},
                plan=TWO_STEPS,
            ),
            None,
        ),
        "the step failed": (
            a_context(between(passed=False, detail="exit code 4")),
            halt(Cause.MEMBER, "web1: exit code 4"),
        ),
        "a signal ended it, that may come to us too": (
            a_context(between(passed=False, exit_code=143, step_ended=ago(0.9))),
            None,
        ),
        "a signal ended it, and does not come to us": (
            a_context(between(passed=False, exit_code=143, step_ended=ago(1), detail="SIGTERM")),
            halt(Cause.MEMBER, "web1: SIGTERM"),
        ),
        "a signal ended it, of a former process": (
            a_context(between(passed=False, exit_code=143, detail="SIGTERM")),
            halt(Cause.MEMBER, "web1: SIGTERM"),
        ),
        "a signal ended it, after ours": (
            a_context(
                between(passed=False, exit_code=143, step_ended=ago(0.5), detail="SIGTERM"),
                **STOPPED,
            ),
            halt(Cause.MEMBER, "web1: SIGTERM"),
        ),
        "the step failed, after an abort": (
            a_context(between(passed=False, detail="exit code 4"), **PUTTING_BACK),
            MemberFailed("web1", "exit code 4"),
        ),
        "put in rotation meanwhile, its step has ended": (
            a_context(upgraded(foreign=True)),
            halt(Cause.FOREIGN, "web1"),
        ),
        "put in rotation once more, its step may run": (
            a_context(upgraded(foreign=True, unfinished=True), **PUT_IN_AT_LB2),
            halt(Cause.FOREIGN, "web1"),
        ),
        "out again, its step may run": (
            a_context(between(foreign=True, unfinished=True)),
            running(0),
        ),
        "the end of its step is not known, to be asked": (
            a_context(between(lost=True), plan=GUARDED),
            PROOF,
        ),
        "the end of its step is not known": (
            a_context(between(lost=True, attempt=1)),
            running(0, 1),
        ),
        "the end of its step is not known, and it may run, to be asked": (
            a_context(between(lost=True, may_run="what ssh began"), plan=GUARDED),
            PROOF,
        ),
        "the end of its step is not known, and it may run": (
            a_context(between(lost=True, may_run="what ssh began")),
            halt(Cause.MEMBER, "web1: how its last step ended is not known, and what ssh began"),
        ),
        "through its steps": (a_context(upgraded()), VALIDATION),
        "through its steps, to be proven": (a_context(upgraded(), plan=GUARDED), PROOF),
        "through its steps, not seen since": (a_context(upgraded(), seen=ago(3)), None),
        "its place is gone": (
            a_context(upgraded(), plan=RETIRES, gone={"lb1": "web1", "lb2": "web1"}),
            MemberRetired("web1"),
        ),
        "its place is gone, and whoever began its step was killed": (
            a_context(
                standing(Phase.UPGRADING, begun=True, unfinished=True),
                plan=RETIRES,
                gone={"lb1": "web1", "lb2": "web1"},
            ),
            MemberRetired("web1"),
        ),
        "its place is gone, and not all of the pool was seen since": (
            a_context(upgraded(), plan=RETIRES, gone={"lb1": "web1"}, full=ago(1.5)),
            None,
        ),
        "its place may go, and does not": (
            a_context(upgraded(), plan=RETIRES),
            VALIDATION,
        ),
        "it cannot be held out": (
            a_context(upgraded(), plan=a_plan(holds_out=False), shows=READY),
            VALIDATION,
        ),
        "another occupant everywhere": (
            a_context(upgraded(), shows={"occupant": ANOTHER}),
            MemberMoved("web1", "10.0.0.1:80", tuple(Seat(s.key, ANOTHER) for s in SEATS)),
        ),
        "the machine of another member everywhere": (
            a_context(upgraded(), shows={"occupant": home("web2")[0].occupant}),
            halt(Cause.OCCUPANT, "web1 is 10.0.0.2:80 (web at lb1) now, which is the address of"),
        ),
        "no address at one balancer": (
            a_context(upgraded(), at={"lb2": {"occupant": None}}),
            None,
        ),
        "no address at one balancer for too long": (
            a_context(upgraded(since=ago(61), step_ended=ago(60)), at={"lb2": {"occupant": None}}),
            halt(Cause.MEMBER, "web1: lb2 shows no address of it"),
        ),
        "another occupant at one balancer": (a_context(upgraded(), **MOVED_IN), None),
        "another occupant at one balancer for too long": (
            a_context(upgraded(since=ago(61), step_ended=ago(60)), **MOVED_IN),
            halt(Cause.MEMBER, "web1: lb2 "),
        ),
        "the same, in a process that ran no step": (
            a_context(upgraded(since=ago(60), step_ended=None), **MOVED_IN),
            halt(Cause.MEMBER, "web1: lb2 "),
        ),
    },
)
def test_upgrading(ctx: Context, output: Expected) -> None:
    """One step after the other, each on a member that is out and quiet (S3); then its proof."""
    assert upgrading(ctx, the(ctx)) == output


@table(
    "ctx limit",
    {
        "the upgrade": (a_context(between(passed=False)), "exit code 0 within upgrade.timeout"),
        "the upgrade, which took codes of its own": (
            a_context(between(passed=False, limit="exit code 0 or 3 within 9m")),
            "every step must end with exit code 0 or 3 within 9m (upgrade.timeout)",
        ),
        "a step with a time of its own": (
            a_context(between(passed=False, limit="exit code 0 within 40m (reboot.timeout)")),
            "every step must end with exit code 0 within 40m (reboot.timeout)",
        ),
        "the way back": (a_context(between(passed=False, course=BACK)), "rollback.timeout"),
        "a rollout to the former version": (
            a_context(between(passed=False), plan=ROLLBACK_RUN),
            "rollback.timeout",
        ),
    },
)
def test_limit_of_a_failed_step(ctx: Context, limit: str) -> None:
    """The halt names the key of the rollout file that bounds the step."""
    output = upgrading(ctx, the(ctx))
    assert output == halt(Cause.MEMBER, "web1")
    assert limit in getattr(output, "limit", "")


def proven(answer: Answer | None, **changes: Any) -> MemberState:
    return standing(Phase.PROVING, answer=answer, detail="nginx-2.3", **changes)


def guard_open() -> MemberState:
    return proven(None, work=PROOF)


@table(
    "ctx output",
    {
        "asked": (a_context(guard_open(), plan=GUARDED), None),
        "a crash meanwhile": (a_context(proven(None, serial=2)), AskGuard("web1", UP, 2, SEATS)),
        "confirmed": (a_context(proven(Answer.PRESENT)), VALIDATION),
        "a reload forgot it": (
            a_context(proven(Answer.PRESENT), **RELOADED_AT_LB2),
            sets(Setting.HOLD),
        ),
        "somebody else put it back": (
            a_context(proven(Answer.PRESENT), **PUT_IN_AT_LB2),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "not confirmed": (
            a_context(proven(Answer.NEEDED)),
            halt(Cause.MEMBER, "web1: the upgrade ended well, but `unless`"),
        ),
        "refused": (a_context(proven(Answer.REFUSED)), halt(Cause.MEMBER, "nginx-2.3")),
        "its step was lost, and is needed": (
            a_context(proven(Answer.NEEDED, lost=True, step=0, attempt=1)),
            running(0, 1),
        ),
        "its step was lost and is needed, but it is not quiet": (
            a_context(proven(Answer.NEEDED, lost=True, step=0, quiet={}), shows={"in_flight": 1}),
            None,
        ),
        "its step was lost and is needed, and may run": (
            a_context(proven(Answer.NEEDED, lost=True, step=0, may_run="what ssh began")),
            halt(Cause.MEMBER, "what ssh began"),
        ),
        "its step was lost, and `unless` refused": (
            a_context(proven(Answer.REFUSED, lost=True, step=0)),
            halt(Cause.MEMBER, "web1: the end of the upgrade is not known"),
        ),
        "not confirmed, after an abort": (
            a_context(proven(Answer.NEEDED), **PUTTING_BACK),
            saying(MemberFailed, "nginx-2.3"),
        ),
    },
)
def test_proving(ctx: Context, output: Expected) -> None:
    """`unless` must confirm the upgrade; where the end of a step is not known, it decides (S7)."""
    assert proving(ctx, the(ctx)) == output


def validated(passed: bool | None, **changes: Any) -> MemberState:
    return standing(Phase.VALIDATING, passed=passed, detail="status 500", **changes)


@table(
    "ctx output",
    {
        "under way": (a_context(validated(None, work=VALIDATION)), None),
        "a crash meanwhile": (a_context(validated(None)), VALIDATION),
        "passed": (a_context(validated(True)), sets(Setting.CHECK)),
        "passed, one balancer does not answer": (
            a_context(validated(True), silent={"lb2": ago(1)}),
            None,
        ),
        "a reload forgot it": (
            a_context(validated(True), **RELOADED_AT_LB2),
            sets(Setting.HOLD),
        ),
        "somebody else put it back": (
            a_context(validated(True), **PUT_IN_AT_LB2),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "failed": (a_context(validated(False)), halt(Cause.MEMBER, "web1: status 500")),
        "failed, a balancer was away before": (
            a_context(validated(False, validated_from=ago(5)), unseen=((ago(9), ago(6)),)),
            halt(Cause.MEMBER, "web1: status 500"),
        ),
        "failed, a balancer was away meanwhile": (
            a_context(validated(False, validated_from=ago(5)), unseen=((ago(6), ago(4)),)),
            VALIDATION,
        ),
        "failed, a balancer is away": (
            a_context(
                validated(False, validated_from=ago(5)),
                silent={"lb2": ago(1)},
                unseen_since=ago(1),
            ),
            None,
        ),
        "failed, after an abort, no way back": (
            a_context(validated(False), **PUTTING_BACK),
            MemberFailed("web1", "status 500"),
        ),
        "failed, after an abort": (
            a_context(validated(False), plan=WITH_ROLLBACK, **PUTTING_BACK),
            Validate("web1", BACK, SEATS),
        ),
        "failed as the former version, after an abort": (
            a_context(validated(False, course=BACK), plan=WITH_ROLLBACK, **PUTTING_BACK),
            VALIDATION,
        ),
        "failed as both, after an abort": (
            a_context(validated(False, tried_other=True), plan=WITH_ROLLBACK, **PUTTING_BACK),
            MemberFailed("web1", "status 500"),
        ),
        "failed, after an abort, and what ran before is known": (
            a_context(validated(False), plan=KNOWN, **PUTTING_BACK),
            AS_BEFORE,
        ),
        "failed, and what ran before is known, but the rollout goes on": (
            a_context(validated(False), plan=KNOWN),
            halt(Cause.MEMBER, "web1: status 500"),
        ),
        "failed as both, and what ran before is known": (
            a_context(
                validated(False, tried_other=True),
                plan=replace(KNOWN, rollback=CourseShape(1)),
                **PUTTING_BACK,
            ),
            AS_BEFORE,
        ),
        "failed as what ran before, too": (
            a_context(validated(False, course=BACK, as_before=True), plan=KNOWN, **PUTTING_BACK),
            MemberFailed("web1", "status 500"),
        ),
        "as what ran before, and begun again": (
            a_context(validated(None, course=BACK, as_before=True), plan=KNOWN, **PUTTING_BACK),
            AS_BEFORE,
        ),
    },
)
def test_validating(ctx: Context, output: Expected) -> None:
    """Every validation must pass before any user meets it (S4)."""
    assert validating(ctx, the(ctx)) == output


@table(
    "phase state output",
    {
        "no abort": (Phase.CHECKING, {}, halt(Cause.MEMBER, "web1: too late")),
        "not begun to return": (Phase.VALIDATING, PUTTING_BACK, MemberFailed("web1", "too late")),
        "on its way back": (Phase.CHECKING, PUTTING_BACK, sets(Setting.REMOVE)),
        "nearly back": (Phase.RETURNING, PUTTING_BACK, sets(Setting.REMOVE)),
    },
)
def test_failed(phase: Phase, state: dict[str, Any], output: Expected) -> None:
    """A failure halts; while `abort --restore` puts back what passes, it ends nothing."""
    ctx = a_context(standing(phase), **state)
    assert failed(ctx, the(ctx), "too late", "the limit") == output

"""`preflight` just before a member is taken out: who is asked, when, and what follows."""

from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.drain import due
from controller.core.decide.inquiry import LIMIT
from controller.core.events import (
    Answer,
    Cause,
    Halted,
    MemberFoundOut,
    MemberLeft,
    Reply,
    RollbackBegan,
)
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.settings import Amount, OnFailure
from controller.core.state.parts import MemberState
from controller.core.steps import AskQuestions, Course, SetMember, Setting
from tests.support.contexts import (
    FOUND,
    HALTED,
    OUT,
    ROLLING_BACK,
    SEATS,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, table

ASKING = a_plan(upgrade=CourseShape(2, has_questions=True))
BACK = a_plan(upgrade=CourseShape(2, has_questions=True), rollback=CourseShape(1))
REHEARSAL = a_plan(upgrade=CourseShape(0, has_questions=True))
SKIPPING = a_plan(upgrade=CourseShape(2, has_questions=True), skips=Amount(1))
QUESTIONS = AskQuestions("web1", Course.UPGRADE, 0, SEATS)
TAKEN_OUT = SetMember("web1", Setting.DRAIN, FOUND, seats=SEATS)
HELD: dict[str, Any] = {"reply": Reply.HOLDS, "said": "asked"}


def its_turn(**changes: Any) -> MemberState:
    return standing(Phase.DUE, **{"since": ago(0.1), **changes})


def ours(**changes: Any) -> Context:
    """Out since an earlier rollout, or an earlier run of this one."""
    member = its_turn(found=FOUND, begun=True, **changes)
    return a_context(member, plan=ASKING, shows=OUT)


@table(
    "ctx output",
    {
        "not asked yet": (a_context(its_turn(), plan=ASKING), QUESTIONS),
        "being asked": (a_context(its_turn(work=QUESTIONS), plan=ASKING), None),
        "it holds": (a_context(its_turn(**HELD, replied_at=ago(1)), plan=ASKING), TAKEN_OUT),
        "it held some time ago": (
            a_context(its_turn(**HELD, replied_at=ago(61)), plan=ASKING),
            QUESTIONS,
        ),
        "nothing to ask": (a_context(its_turn()), TAKEN_OUT),
        "paused": (a_context(its_turn(), plan=ASKING, paused=True), None),
        "a rehearsal": (a_context(its_turn(), plan=REHEARSAL), QUESTIONS),
        "the way back asks nothing": (
            a_context(its_turn(course=Course.ROLLBACK), plan=BACK, **ROLLING_BACK),
            TAKEN_OUT,
        ),
        "nor where it has no shape of its own": (
            a_context(its_turn(course=Course.ROLLBACK), plan=ASKING, **ROLLING_BACK),
            TAKEN_OUT,
        ),
        "went back as it was, and is tried again": (
            a_context(its_turn(attempt=1), plan=ASKING),
            AskQuestions("web1", Course.UPGRADE, 1, SEATS),
        ),
        "out since an earlier rollout": (ours(), QUESTIONS),
        "out since then, and it holds": (
            ours(**HELD, replied_at=ago(1)),
            MemberFoundOut("web1"),
        ),
        "half-way since a halt": (ours(attempt=1, step=1), MemberFoundOut("web1")),
        "a failed first step": (ours(attempt=1), MemberFoundOut("web1")),
        "through its steps": (ours(step=2), MemberFoundOut("web1")),
        "a step may still run": (ours(unfinished=True), MemberFoundOut("web1")),
    },
)
def test_asked_before_it_is_touched(ctx: Context, output: Expected) -> None:
    assert due(ctx, the(ctx)) == output


def answered(reply: Reply, **changes: Any) -> MemberState:
    return standing(Phase.WAITING, **{"reply": reply, "said": "printed 3", **changes})


@table(
    "ctx output",
    {
        "fails": (
            a_context(answered(Reply.FAILS), plan=ASKING),
            halt(Cause.MEMBER, "web1: printed 3"),
        ),
        "not reached": (
            a_context(answered(Reply.UNREACHED), plan=ASKING),
            halt(Cause.MEMBER, "web1 was not reached: printed 3"),
        ),
        "not reached, and may be skipped": (
            a_context(answered(Reply.UNREACHED), plan=SKIPPING),
            saying(MemberLeft, "not reached: printed 3"),
        ),
        "fails, and none is skipped for that": (
            a_context(answered(Reply.FAILS), plan=SKIPPING),
            halt(Cause.MEMBER, "web1: printed 3"),
        ),
    },
)
def test_what_follows(ctx: Context, output: Expected) -> None:
    """What comes next of the whole rollout, at rest but for that member."""
    assert decide(ctx.plan, ctx.state, ctx.now) == output


def test_says_which_limit() -> None:
    ctx = a_context(answered(Reply.FAILS), plan=ASKING)
    found = decide(ctx.plan, ctx.state, ctx.now)
    assert isinstance(found, Halted)
    assert found.limit == LIMIT


@table(
    "more",
    {"halted": (HALTED,), "on the way back of others": ({**ROLLING_BACK, "rolling": ("web2",)},)},
)
def test_halts_once(more: dict[str, Any]) -> None:
    ctx = a_context(answered(Reply.FAILS), plan=BACK, **more)
    assert not isinstance(decide(ctx.plan, ctx.state, ctx.now), Halted)


@table(
    "m is_rolled_back",
    {
        "only asked": (answered(Reply.FAILS), False),
        "not reached": (answered(Reply.UNREACHED), False),
        "`unless` refused": (standing(Phase.WAITING, answer=Answer.REFUSED), False),
        "`unless` was not reached": (standing(Phase.WAITING, answer=Answer.UNREACHED), False),
        "failed": (standing(Phase.FAILED), True),
        "drained in vain": (standing(Phase.WAITING), True),
    },
)
def test_nobody_goes_back_for_it(m: MemberState, is_rolled_back: bool) -> None:
    """It says nothing of the version that the others run."""
    halted = {**HALTED, "halt": Halted(Cause.MEMBER, "it", "is so", "web1"), "halted_at": ago(9)}
    plan = a_plan(rollback=CourseShape(1), on_failure=OnFailure.ROLLBACK_ALL)
    ctx = a_context(m, standing(Phase.DONE, "web2"), plan=plan, **halted)
    assert isinstance(decide(ctx.plan, ctx.state, ctx.now), RollbackBegan) is is_rolled_back

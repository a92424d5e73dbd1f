"""What `preflight` said of a member: what it changes, and how long it counts."""

from typing import Any

from controller.core import events as e
from controller.core.phases import Phase
from controller.core.pool import Seat
from controller.core.state.apply import apply
from controller.core.state.parts import Inquiry, MemberState
from controller.core.state.retry import taken_up_again
from controller.core.steps import AskQuestions, Course
from tests.support.contexts import (
    ANOTHER,
    FOUND,
    NOW,
    PLAN,
    SEATS,
    ago,
    standing,
    state_of,
)
from tests.support.members import difference
from tests.support.tables import table

OPEN = AskQuestions("web1", Course.UPGRADE, 0, SEATS)
ASKED = standing(Phase.DUE, work=OPEN)
HOLDS = Inquiry(e.Reply.HOLDS, "asked", ago(1))
FAILS = Inquiry(e.Reply.FAILS, "printed 3", ago(1))


def after(m: MemberState, event: e.Event) -> MemberState:
    return apply(PLAN, state_of(m), event, NOW).members[m.name]


@table(
    "reply phase",
    {
        "holds": (e.Reply.HOLDS, Phase.DUE),
        "fails": (e.Reply.FAILS, Phase.WAITING),
        "not reached": (e.Reply.UNREACHED, Phase.WAITING),
    },
)
def test_answered(reply: e.Reply, phase: Phase) -> None:
    """One that does not hold goes no further."""
    m = after(ASKED, e.QuestionsAnswered("web1", reply, "printed 3"))
    assert m.phase is phase
    assert m.inquiry == Inquiry(reply, "printed 3", NOW)
    assert m.progress.work is None
    assert m.is_refused is (phase is Phase.WAITING)


def test_intended() -> None:
    """It changes nothing of the member."""
    m = standing(Phase.DUE)
    assert difference(m, after(m, e.Intended(OPEN))) == {"work": OPEN}


def test_a_new_process_asks_again() -> None:
    """But for what has failed: that is the halt which comes next."""
    began = e.RunBegan("me")
    assert after(standing(Phase.DUE, **parts(HOLDS)), began).inquiry == Inquiry()
    assert after(standing(Phase.WAITING, **parts(FAILS)), began).inquiry == FAILS


def parts(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "reply": inquiry.reply,
        "said": inquiry.said,
        "replied_at": inquiry.replied_at,
    }


@table(
    "event",
    {
        "another machine": (
            e.MemberMoved("web1", "10.0.0.1:80", tuple(Seat(s.key, ANOTHER) for s in SEATS)),
        ),
        "something else came": (e.MemberRenewed("web1", FOUND),),
    },
)
def test_is_about_one_machine(event: e.Event) -> None:
    m = standing(Phase.DONE if isinstance(event, e.MemberRenewed) else Phase.DUE, **parts(HOLDS))
    assert after(m, event).inquiry == Inquiry()


def test_is_over_with_the_operators_decision() -> None:
    """Who is taken up again, or taken back, is asked anew."""
    failed = standing(Phase.WAITING, **parts(FAILS))
    assert taken_up_again(failed, NOW).inquiry == Inquiry()
    assert after(failed, e.RollbackBegan(("web1",))).inquiry == Inquiry()

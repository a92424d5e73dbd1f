"""A journal that fails or does not answer: what is decided all the same, and what waits."""

from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.journal import is_protective, may_go, watch_journal
from controller.core.events import Cause, JournalSeen, MemberCalled
from controller.core.phases import Phase
from controller.core.steps import (
    AskOperator,
    Course,
    OpenPool,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)
from tests.support.contexts import (
    FOUND,
    HALTED,
    NOW,
    ROLLING_BACK,
    STOPPED,
    a_context,
    standing,
)
from tests.support.tables import Expected, halt, table

LATE: dict[str, Any] = {"journal": JournalSeen(is_late=True)}
FULL: dict[str, Any] = {"journal": JournalSeen(fault="the disk is full")}
HALT = halt(Cause.JOURNAL, "the journal cannot be used: the disk is full", member=None)


@table(
    "ctx output",
    {
        "all is well": (a_context(), None),
        "it is late": (a_context(**LATE), None),
        "it has failed": (a_context(**FULL), HALT),
        "it has failed, on the way back": (a_context(**FULL, **ROLLING_BACK), HALT),
        "it has failed, after a halt": (a_context(**FULL, **HALTED), None),
        "it has failed, while stopping": (a_context(**FULL, **STOPPED), None),
    },
)
def test_watched(ctx: Context, output: Expected) -> None:
    """What fails halts; what is late is waited for."""
    assert watch_journal(ctx) == output


CHANGED: dict[str, Any] = {"begun": True}
NOT_YET: dict[str, Any] = {"begun": False}
STEPS: dict[str, tuple[Phase, dict[str, Any], Step, bool]] = {
    "drain": (Phase.DUE, NOT_YET, SetMember("web1", Setting.DRAIN), False),
    "into maintenance": (Phase.DRAINING, NOT_YET, SetMember("web1", Setting.HOLD), False),
    "out once more": (Phase.UPGRADING, CHANGED, SetMember("web1", Setting.HOLD), True),
    "out again": (Phase.SOAKING, CHANGED, SetMember("web1", Setting.REMOVE), True),
    "back as it was": (Phase.DRAINING, NOT_YET, SetMember("web1", Setting.RESTORE), True),
    "back upgraded": (Phase.CHECKING, CHANGED, SetMember("web1", Setting.PUT_BACK), False),
    "a question": (Phase.DUE, NOT_YET, AskOperator("web1"), False),
    "the pool as a whole": (Phase.DUE, NOT_YET, OpenPool(), False),
}


@pytest.mark.parametrize("case", STEPS)
@pytest.mark.parametrize("journal", [LATE, FULL, {}], ids=["late", "failed", "well"])
def test_steps(case: str, journal: dict[str, Any]) -> None:
    """What only lowers the risk does not wait."""
    phase, begun, step, is_safe = STEPS[case]
    ctx = a_context(standing(phase, **begun), **journal)
    assert is_protective(ctx, step) is is_safe
    assert may_go(ctx, step) is (is_safe or not journal)
    assert may_go(ctx, MemberCalled("web1"))


@pytest.mark.parametrize("mode", [HALTED, STOPPED], ids=["halted", "stopped"])
def test_steps_once_it_was_given_up(mode: dict[str, Any]) -> None:
    """What brings a member to rest is done unwritten, and nothing is begun."""
    ctx = a_context(standing(Phase.CHECKING, begun=True), **FULL, **mode)
    late = a_context(standing(Phase.CHECKING, begun=True), **LATE, **mode)
    for step in (SetMember("web1", Setting.PUT_BACK), Validate("web1", Course.UPGRADE)):
        assert is_protective(ctx, step)
        assert may_go(ctx, step)
        assert not may_go(late, step)
    assert not may_go(ctx, RunStep("web1", Course.UPGRADE, 0, 0))
    assert not may_go(ctx, OpenPool())


def test_nothing_begins_while_nobody_is_heard() -> None:
    """A pause could not be read: what only lowers the risk is done all the same."""
    ctx = a_context(standing(Phase.DUE), unheard="it was removed")
    assert not may_go(ctx, SetMember("web1", Setting.DRAIN))
    assert may_go(ctx, SetMember("web1", Setting.RESTORE))
    assert decided(a_context(unheard="it was removed")) is None


def decided(ctx: Context) -> object:
    return decide(ctx.plan, ctx.state, NOW)


def test_nobody_is_taken_up() -> None:
    """While it is late; it goes on as soon as it answers."""
    assert decided(a_context()) == MemberCalled("web1")
    assert decided(a_context(**LATE)) is None


def test_one_that_waits_holds_no_other_up() -> None:
    """The next member in progress is asked for."""
    members = (standing(Phase.VALIDATING), standing(Phase.DRAINING, "web2"))
    back = SetMember("web2", Setting.RESTORE, FOUND)
    assert decided(a_context(*members, **LATE, **STOPPED)) == back
    assert decided(a_context(*members, **STOPPED)) != back


def test_failure_is_halted_for_before_all_else() -> None:
    """The halt comes from `decide` itself."""
    assert decided(a_context(standing(Phase.OUT), **FULL)) == HALT

"""Was it at fault, or taken away? What is held against a member where members come and go."""

from typing import Any

from controller.core.decide.advance import proceed
from controller.core.decide.context import Context
from controller.core.decide.leaving import is_going, may_have_left
from controller.core.events import Answer, Cause
from controller.core.phases import Phase
from tests.support.contexts import (
    FAILING,
    HALTED,
    OUT,
    PLAN,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.tables import Expected, halt, table

JOINS = a_plan(joins=True)
GOES: dict[str, Any] = {"is_going": True, **FAILING}


def since(phase: Phase, seconds: float, **context: Any) -> Context:
    """What was seen of it ended so long ago, and all was seen a hundredth of a second ago."""
    return a_context(standing(phase, ended_at=ago(seconds)), **{"plan": JOINS, **context})


@table(
    "ctx may",
    {
        "it was seen there since": (since(Phase.PROVING, 0.02), False),
        "it was not looked at since": (since(Phase.PROVING, 0.005), True),
        "only those in hand were": (since(Phase.PROVING, 0.02, full=ago(0.03)), True),
        "a setting failed just now": (
            a_context(standing(Phase.DRAINING, tried_at=ago(0.005)), plan=JOINS),
            True,
        ),
        "nobody leaves such a pool": (since(Phase.PROVING, 0.005, plan=PLAN), False),
        "after a halt": (since(Phase.PROVING, 0.005, **HALTED), False),
        "it is being taken away": (since(Phase.PROVING, 0.02, shows={**OUT, **GOES}), True),
    },
)
def test_may_have_left(ctx: Context, may: bool) -> None:
    """A look at the whole pool says that it is still there, or that it is not."""
    assert may_have_left(ctx, the(ctx)) is may


def test_taken_away_without_end() -> None:
    """As long as a return may take, and no longer."""
    plan = a_plan(joins=True, within=ago(0) - ago(0.005))
    assert not is_going(a_context(standing(Phase.SOAKING), plan=plan, shows=GOES), the_soaking())
    ctx = a_context(standing(Phase.SOAKING), plan=JOINS, shows=GOES)
    assert is_going(ctx, the(ctx))


def the_soaking() -> Any:
    return standing(Phase.SOAKING)


FAILED_PROOF: dict[str, Any] = {
    "answer": Answer.NEEDED,
    "detail": "`unless` ended with exit code 1",
}
REFUSED: dict[str, Any] = {"tries": 5, "why": "no such member"}


@table(
    "member more output",
    {
        "its proof failed": (
            standing(Phase.PROVING, ended_at=ago(1), **FAILED_PROOF),
            {},
            halt(Cause.MEMBER, "does not confirm it"),
        ),
        "its proof failed just now": (
            standing(Phase.PROVING, ended_at=ago(0), **FAILED_PROOF),
            {},
            None,
        ),
        "its validation failed just now": (
            standing(Phase.VALIDATING, ended_at=ago(0), passed=False),
            {},
            None,
        ),
        "it is refused": (
            standing(Phase.HOLDING, tried_at=ago(1), **REFUSED),
            {},
            halt(Cause.BALANCER, "no such member"),
        ),
        "it was refused just now": (
            standing(Phase.HOLDING, tried_at=ago(0.005), **REFUSED),
            {"now": ago(-0.3)},
            None,
        ),
        "it fails in its soak": (
            standing(Phase.SOAKING),
            {"shows": FAILING},
            halt(Cause.MEMBER, "failed the health check", condemned=("web1",)),
        ),
        "it is taken away in its soak": (standing(Phase.SOAKING), {"shows": GOES}, None),
        "it is taken away in its ramp": (standing(Phase.RAMPING), {"shows": GOES}, None),
    },
)
def test_what_is_held_against_it(member: Any, more: dict[str, Any], output: Expected) -> None:
    """Nothing, as long as it may have been taken away."""
    more = dict(more)
    more.pop("now", None)
    ctx = a_context(member, plan=a_plan(joins=True, soak=ago(0) - ago(60)), **more)
    assert proceed(ctx, the(ctx)) == output

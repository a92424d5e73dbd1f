"""Members that are not reached: skipped as they were found, as far as the budget allows."""

from typing import Any, Final

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.events import Answer, Cause, MemberLeft
from controller.core.phases import Phase
from controller.core.plan.budget import budget_of
from controller.core.plan.plan import CourseShape, Plan
from controller.core.settings import Amount
from controller.core.state.parts import MemberState
from tests.support.contexts import FOUND, ROLLING_BACK, a_context, a_plan, standing
from tests.support.tables import Expected, halt, table

GUARD: Final[dict[str, Any]] = {"upgrade": CourseShape(1, has_guard=True)}
ONE = a_plan(skips=Amount(1), **GUARD)
LEFT = MemberLeft("web1", "not reached: exit code 255", is_unreached=True)


def dead(name: str = "web1", **changes: Any) -> MemberState:
    more = {"answer": Answer.UNREACHED, "detail": "exit code 255"}
    return standing(Phase.WAITING, name, **more | changes)


def skipped(name: str) -> MemberState:
    return standing(Phase.LEFT, name, is_unreached=True)


@table(
    "ctx output",
    {
        "within the budget": (a_context(dead(), plan=ONE), LEFT),
        "one is left because of another hand": (
            a_context(dead(), standing(Phase.LEFT, "web2"), plan=ONE),
            LEFT,
        ),
        "no budget": (
            a_context(dead(), plan=a_plan(**GUARD)),
            halt(Cause.MEMBER, "web1 was not reached: exit code 255"),
        ),
        "one too many": (
            a_context(dead(), skipped("web2"), plan=ONE),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
        "a share of so few that it is none": (
            a_context(dead(), plan=a_plan(skips=Amount(20, is_percent=True), **GUARD)),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
        "a share of them": (
            a_context(dead(), plan=a_plan(skips=Amount(34, is_percent=True), **GUARD)),
            LEFT,
        ),
        "a canary": (
            a_context(dead(), plan=a_plan(skips=Amount(1), canaries=("web1",), **GUARD)),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
        "out because of us": (
            a_context(dead(found=FOUND), plan=ONE),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
        "a step of it may run": (
            a_context(dead(unfinished=True), plan=ONE),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
        "on the way back": (
            a_context(dead(), plan=ONE, **ROLLING_BACK),
            halt(Cause.MEMBER, "web1 was not reached"),
        ),
    },
)
def test_not_reached(ctx: Context, output: Expected) -> None:
    """Skipped only where nothing was done to it, and while the budget lasts."""
    assert decide(ctx.plan, ctx.state, ctx.now) == output


def test_limit_names_those_that_were_skipped() -> None:
    """Whoever reads the halt knows all of them."""
    ctx = a_context(dead(), skipped("web2"), plan=ONE)
    output = decide(ctx.plan, ctx.state, ctx.now)
    assert getattr(output, "limit", "") == (
        "failures.max lets 1 be skipped, and 1 are already (web2)"
    )


@table(
    "plan most",
    {
        "none given": (a_plan(), None),
        "a count": (a_plan(skips=Amount(2)), 2),
        "more than there are": (a_plan(skips=Amount(20)), 3),
        "a share, rounded down": (a_plan(50, skips=Amount(3, is_percent=True)), 1),
        "of those that were left out, too": (
            a_plan(49, skips=Amount(2, is_percent=True), left={"web99": "is out"}),
            1,
        ),
    },
)
def test_budget(plan: Plan, most: int | None) -> None:
    """Never more than the share of the selected members."""
    assert budget_of(plan) == most

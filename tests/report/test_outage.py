"""A planned outage, wherever it is told: plan, log, notice, board, status."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Event, Intended, OutageSpent
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.settings import OnFailure, Selection, Settings
from controller.core.state.outage import Outage
from controller.core.steps import Setting
from controller.report.board.outage import time_left
from controller.report.plan.outage import outage_lines
from controller.report.run.levels import level_of
from controller.report.run.next_commands import NextCommands
from controller.report.run.notices import RolloutNotices
from controller.report.run.sentences import sentence
from controller.report.status.outages import outage_lines as status_lines
from controller.report.status.outages import outages
from tests.support.contexts import NOW, a_context, a_plan, ago, seconds, standing
from tests.support.tables import sets
from tests.support.virtual import EPOCH

FIVE = timedelta(minutes=5)
PLANNED = a_plan(1, outage=FIVE, min_available=0)


def spent(percent: int, lasted: float) -> OutageSpent:
    return OutageSpent("web1", percent, FIVE, seconds(lasted))


def said(event: Event, **changes: Any) -> str:
    state = a_context(standing(Phase.UPGRADING, **changes), plan=PLANNED).state
    found = sentence(event, state, state)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        (a_plan(), []),
        (replace(PLANNED, members=()), []),
        (
            PLANNED,
            [
                "  PLANNED OUTAGE: WHOEVER USES web1 IS WITHOUT IT FOR 5m AT MOST,",
                "  WHEN THAT IS USED UP, over_budget IS NOTIFIED, AND THE ROLLOUT HALTS AND LEAVES "
                "IT OUT; a step that runs",
            ],
        ),
        (
            a_plan(
                2,
                outage=FIVE,
                on_failure=OnFailure.ROLLBACK_MEMBER,
                rollback=CourseShape(1),
            ),
            [
                "  PLANNED OUTAGE: WHOEVER USES web1, web2 IS WITHOUT IT FOR 5m AT MOST, ONE AFTER "
                "ANOTHER,",
                "  WHEN THAT IS USED UP, over_budget IS NOTIFIED, AND IT IS ROLLED BACK; a step "
                "that runs",
            ],
        ),
        (
            a_plan(1, outage=FIVE, on_failure=OnFailure.REVERT_MEMBER, rollback=CourseShape(1)),
            [
                "  PLANNED OUTAGE: WHOEVER USES web1 IS WITHOUT IT FOR 5m AT MOST,",
                "  WHEN THAT IS USED UP, over_budget IS NOTIFIED, AND IT IS REVERTED TO ITS "
                "SNAPSHOT; a step that runs",
            ],
        ),
    ],
)
def test_plan(plan: Plan, lines: list[str]) -> None:
    """Who is without what, for how long at most, and what then."""
    assert [line for line in outage_lines(plan) if " IS " in line] == lines


@pytest.mark.parametrize(
    ("event", "text", "level"),
    [
        (
            spent(0, 0),
            "its planned outage begins: it may be out for 5m, until it is proven",
            "info",
        ),
        (
            spent(50, 150.4),
            "out for 2m30s: 50 % of its planned outage, 2m29s left of 5m",
            "info",
        ),
        (
            spent(80, 240),
            "out for 4m: 80 % of its planned outage, 1m left of 5m",
            "warning",
        ),
        (spent(100, 300), "OVER BUDGET: out for 5m, and its planned outage may last 5m", "error"),
    ],
)
def test_log(event: OutageSpent, text: str, level: str) -> None:
    assert (said(event), level_of(event)) == (text, level)


@pytest.mark.parametrize(
    ("outage", "end"),
    [
        (Outage(), "as found"),
        (Outage(took=seconds(9)), "as found"),
        (Outage(spent=0, took=seconds(7.4)), "as found, after 7.4s out"),
        (Outage(spent=50, took=seconds(190.7)), "as found, after 3m10s out"),
    ],
)
def test_its_end(outage: Outage, end: str) -> None:
    """How long it took is said where it was limited."""
    text = said(Intended(sets(Setting.PUT_BACK)), outage=outage)
    assert text == f"passed every check, going back into rotation {end}"
    assert "out" not in said(Intended(sets(Setting.CHECK)), outage=outage).partition("its way")[2]


@pytest.mark.parametrize(("percent", "kinds"), [(80, []), (100, ["over_budget"])])
def test_notice(percent: int, kinds: list[str]) -> None:
    """Somebody is paged when it is used up."""
    tidings = RolloutNotices(
        "web-1",
        PLANNED,
        Settings("web", None, Selection(), PLANNED.policies),
        NextCommands("web", PLANNED.purpose, "/etc/web.yaml"),
    )
    state = a_context(standing(Phase.UPGRADING), plan=PLANNED).state
    found = tidings.of(spent(percent, 300), state, state, NOW, NOW, EPOCH)
    assert [one.event for one in found] == kinds
    for one in found:
        assert one.member == "web1"
        assert one.text == (
            "rollout web: web1 is OVER BUDGET: out for 5m, and its planned outage may last 5m"
        )
        assert one.lines[0].startswith("web1: OUT OF ROTATION")


@pytest.mark.parametrize(
    ("plan", "since", "text"),
    [
        (a_plan(), ago(60), ""),
        (PLANNED, None, ""),
        (PLANNED, ago(60.5), "3m59s left: "),
        (PLANNED, ago(300), "OVER BUDGET by 0s: "),
        (PLANNED, ago(372), "OVER BUDGET by 1m12s: "),
    ],
)
def test_board(plan: Plan, since: timedelta | None, text: str) -> None:
    """It counts down."""
    m = standing(Phase.UPGRADING, outage=Outage(since))
    assert time_left(a_context(m, plan=plan), m) == text


def test_status() -> None:
    """By the wall clock, also where nobody runs it."""
    ctx = a_context(standing(Phase.UPGRADING, outage=Outage(ago(60), 0)), plan=PLANNED)
    run = ctx.state.run
    assert run is not None
    state = replace(ctx.state, run=replace(run, wall=EPOCH))
    since = EPOCH + seconds(540)
    value = outages(PLANNED, state, since + seconds(100))
    assert value == {
        "web1": {"since": since.isoformat(), "budget_seconds": 300.0, "left_seconds": 200.0}
    }
    (line,) = status_lines(value)
    assert line.startswith("OUTAGE    web1 is out since ")
    assert line.endswith(": 3m20s left of 5m")
    (line,) = status_lines(outages(PLANNED, state, since + seconds(312)))
    assert line.endswith(": OVER BUDGET by 12s: it may last 5m")


def test_status_of_others() -> None:
    """Where no outage is planned, nobody is out, or a former version began it: nothing."""
    ctx = a_context(standing(Phase.WAITING), plan=PLANNED)
    assert outages(PLANNED, ctx.state, EPOCH) == {}
    assert outages(a_plan(), ctx.state, EPOCH) == {}
    run = ctx.state.run
    assert run is not None
    assert outages(PLANNED, replace(ctx.state, run=replace(run, wall=EPOCH)), EPOCH) == {}

"""Windows: whoever would not be done before the end is not begun, and then the run ends."""

from datetime import UTC, datetime, timedelta

from controller.core.decide.context import Context
from controller.core.decide.drain import due
from controller.core.decide.finish import finish
from controller.core.decide.schedule import begin
from controller.core.events import (
    Finished,
    MemberCalled,
    MemberStoodDown,
    RunBegan,
    WindowSeen,
)
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.state.apply import apply
from controller.core.state.state import Mode
from controller.core.steps import AskGuard, Course, SetMember
from tests.support.contexts import (
    FOUND,
    HALTED,
    NOW,
    PLAN,
    ROLLING_BACK,
    a_context,
    a_plan,
    ago,
    standing,
    state_of,
    the,
)
from tests.support.tables import Expected, table

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
TEN = timedelta(minutes=10)


def window(left: timedelta | None, takes: timedelta = TEN) -> WindowSeen:
    ends = None if left is None else NOW + left
    return WindowSeen(ends, takes, "it closes at four", "Mon 10:00", MONDAY)


WIDE, TIGHT, OVER = window(TEN), window(TEN - timedelta(milliseconds=1)), window(-TEN)
EVER = window(None)
PAUSED = Finished(
    Outcome.PAUSED, ExitCode.STOPPED, "it closes at four", until="Mon 10:00", opens=MONDAY
)
WEB1 = MemberCalled("web1")


@table(
    "ctx output",
    {
        "it fits": (a_context(window=WIDE), WEB1),
        "nothing ends it": (a_context(window=EVER), WEB1),
        "it does not fit": (a_context(window=TIGHT), None),
        "the window is over": (a_context(window=OVER), None),
        "the window is over, and it is not asked about either": (
            a_context(plan=a_plan(upgrade=CourseShape(1, has_guard=True)), window=OVER),
            None,
        ),
        "it fits, and is asked about": (
            a_context(plan=a_plan(upgrade=CourseShape(1, has_guard=True)), window=WIDE),
            AskGuard("web1", Course.UPGRADE, 0, the(a_context()).placement.seats),
        ),
        "over, but it is out because of us": (
            a_context(standing(Phase.WAITING, found=FOUND), window=OVER),
            WEB1,
        ),
        "over, but it is rolled back": (
            a_context(standing(Phase.WAITING), window=OVER, **ROLLING_BACK),
            WEB1,
        ),
    },
)
def test_who_begins(ctx: Context, output: Expected) -> None:
    """Whoever would be done by the end; and what brings capacity back."""
    found = begin(ctx)
    if isinstance(output, AskGuard):
        assert isinstance(found, AskGuard)
    else:
        assert found == output


@table(
    "ctx output",
    {
        "it still fits": (
            a_context(standing(Phase.DUE), window=WIDE),
            SetMember,
        ),
        "it has waited too long": (
            a_context(standing(Phase.DUE), window=TIGHT),
            MemberStoodDown,
        ),
    },
)
def test_turn(ctx: Context, output: type) -> None:
    """Asked once more before it is taken out: capacity and gates may be waited for."""
    assert type(due(ctx, the(ctx))) is output


@table(
    "ctx output",
    {
        "nobody fits": (a_context(standing(Phase.DONE), window=TIGHT), PAUSED),
        "the others fit": (a_context(standing(Phase.DONE), window=WIDE), None),
        "one is in progress": (a_context(standing(Phase.SOAKING), window=OVER), None),
        "one is out because of us": (
            a_context(standing(Phase.WAITING, found=FOUND), window=OVER),
            None,
        ),
        "nobody is left": (
            a_context(
                *(standing(Phase.DONE, name) for name in ("web1", "web2", "web3")), window=OVER
            ),
            Finished(Outcome.DONE, ExitCode.DONE),
        ),
        "nobody of those that are meant is left": (
            a_context(standing(Phase.DONE), run=RunBegan("me", only=("web1",)), window=OVER),
            Finished(Outcome.PARTLY_DONE, ExitCode.DONE),
        ),
        "the operator pauses it": (
            a_context(standing(Phase.DONE), window=OVER, paused=True),
            None,
        ),
        "the pool was not seen since one was set": (
            a_context(standing(Phase.DONE, set_at=ago(0.005)), window=OVER),
            None,
        ),
        "the pool was not seen, nor will it be": (
            a_context(standing(Phase.DONE, set_at=ago(0.005)), window=OVER, silent={"lb2": ago(1)}),
            PAUSED,
        ),
        "nothing was touched": (
            a_context(window=OVER, touched=False),
            Finished(
                Outcome.REFUSED,
                ExitCode.REFUSED,
                "it closes at four; the next run may begin Mon 10:00",
            ),
        ),
        "nothing was touched, and no other window comes": (
            a_context(window=WindowSeen(ago(1), TEN, "it closes"), touched=False),
            Finished(Outcome.REFUSED, ExitCode.REFUSED, "it closes"),
        ),
        "it has no windows": (a_context(standing(Phase.DONE)), None),
    },
)
def test_end(ctx: Context, output: Expected) -> None:
    """Over once everybody is at rest and nobody fits."""
    assert finish(ctx) == output


def test_halt_goes_before_the_window() -> None:
    """A rollout that halted is not called paused."""
    ctx = a_context(standing(Phase.FAILED), window=OVER, **HALTED)
    over = finish(ctx)
    assert not isinstance(over, Finished) or over.outcome is Outcome.HALTED


def test_window_is_seen_anew_by_each_process() -> None:
    """What one process saw of the clock, another one does not know."""
    seen = apply(PLAN, state_of(mode=Mode.RUNNING), OVER, NOW)
    assert seen.window == OVER
    assert apply(PLAN, seen, RunBegan("me"), NOW).window is None

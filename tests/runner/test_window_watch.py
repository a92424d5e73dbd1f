"""How a run sees its windows: by two clocks, of which somebody may set the one."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from controller.core.events import Intended, RollbackBegan, RunBegan, SoakEnded
from controller.core.pool import Instant
from controller.core.state.state import initial
from controller.core.steps import SetMember, Setting
from controller.runner.window_watch import WindowWatch
from controller.windows.calendar import Calendar, Freeze, Window
from controller.windows.timetable import Timetable
from tests.support.contexts import PLAN

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
OFFICE = Window("Fri 10:00-16:00 UTC", frozenset({4}), 10 * HOUR, 16 * HOUR)
STATE = initial(PLAN)


@dataclass
class Hands:
    """Implements `controller.ports.Clock`, moved by hand."""

    at: Instant = 100 * HOUR
    shows: datetime = NOON
    slept: list[timedelta] = field(default_factory=list)

    def now(self) -> Instant:
        return self.at

    def wall(self) -> datetime:
        return self.shows

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)

    def go(self, by: timedelta) -> None:
        self.at, self.shows = self.at + by, self.shows + by


def watch(calendar: Calendar, *, is_measured: bool = True) -> tuple[WindowWatch, Hands]:
    hands = Hands()
    return WindowWatch(Timetable(calendar, None, 10 * MINUTE, is_measured), hands), hands


def test_a_window() -> None:
    """It ends at the same moment, however often it is looked at."""
    one, hands = watch(Calendar((OFFICE,)))
    seen = one.seen()
    assert seen.ends == hands.at + 4 * HOUR
    assert seen.why == (
        "it closes Fri 2026-11-27 16:00 UTC (window Fri 10:00-16:00 UTC); a member takes up to "
        "10m (as before)"
    )
    assert seen.opens == "Fri 2026-12-04 10:00 UTC"
    hands.go(HOUR)
    assert one.seen() is seen
    hands.go(3 * HOUR)
    closed = one.seen()
    assert closed.ends == hands.at
    assert closed.why == "closed (window Fri 10:00-16:00 UTC)"
    hands.go(HOUR)
    assert one.seen() is closed
    hands.go(timedelta(days=7) - 5 * HOUR)
    assert one.seen().ends == hands.at + 4 * HOUR


@pytest.mark.parametrize("by", [-30 * MINUTE, 2 * HOUR, 6 * HOUR])
def test_clock_that_is_set(by: timedelta) -> None:
    """The civil time counts, whatever it was before."""
    one, hands = watch(Calendar((OFFICE,)))
    one.seen()
    hands.shows += by
    assert one.seen().ends == hands.at + max(4 * HOUR - by, 0 * HOUR)


def test_clock_that_is_kept_right() -> None:
    """Less than a second is no news."""
    one, hands = watch(Calendar((OFFICE,)))
    seen = one.seen()
    hands.shows += timedelta(milliseconds=400)
    assert one.seen() is seen


def test_without_end() -> None:
    """A freeze that is over closes nothing any more."""
    over = Freeze("x", NOON - HOUR, NOON)
    one, hands = watch(Calendar(freezes=(over,)))
    seen = one.seen()
    assert (seen.ends, seen.why, seen.opens) == (None, "", "")
    hands.go(HOUR)
    assert one.seen() is seen


def timed(one: WindowWatch, hands: Hands, takes: timedelta) -> timedelta:
    """What a member is reckoned with once one has taken so long."""
    one.seen()
    one.tell(Intended(SetMember("web1", Setting.DRAIN)), STATE, STATE)
    hands.go(takes)
    one.tell(SoakEnded("web1", ""), STATE, STATE)
    return one.seen().takes


def test_members_are_timed() -> None:
    """What one took in this run counts for more than timeouts, and than less before."""
    assert timed(*watch(Calendar((OFFICE,))), MINUTE) == 10 * MINUTE
    assert timed(*watch(Calendar((OFFICE,))), 20 * MINUTE) == 20 * MINUTE
    assert timed(*watch(Calendar((OFFICE,), ()), is_measured=False), MINUTE) == MINUTE


@pytest.mark.parametrize(
    "between",
    [RunBegan("another"), Intended(SetMember("web1", Setting.RESTORE)), RollbackBegan(("web1",))],
)
def test_what_is_not_timed(between: object) -> None:
    """A member that another process began, that was put back unchanged, or is rolled back."""
    one, hands = watch(Calendar((OFFICE,)), is_measured=False)
    one.tell(Intended(SetMember("web1", Setting.DRAIN)), STATE, STATE)
    one.tell(between, STATE, STATE)  # type: ignore[arg-type]
    hands.go(MINUTE)
    one.tell(SoakEnded("web1", ""), STATE, STATE)
    assert one.seen().takes == 10 * MINUTE


def test_it_is_said_what_it_rests_on() -> None:
    """Where nobody was timed, the timeouts are named."""
    one, hands = watch(Calendar((OFFICE,)), is_measured=False)
    assert "10m (by its timeouts; none was timed yet)" in one.seen().why
    assert hands.slept == []

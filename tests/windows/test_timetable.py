"""What the windows leave of a run."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from controller.windows.calendar import Calendar, FinishBy, Freeze, Window
from controller.windows.opening import Opening
from controller.windows.timetable import Timetable

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OFFICE = Window("office", frozenset(range(5)), 10 * HOUR, 16 * HOUR, BERLIN)
NIGHT = Window("night", frozenset(range(7)), 22 * HOUR, 30 * HOUR, BERLIN)
FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
"""Three in the afternoon in Berlin; the office window has an hour left."""


def table(*windows: Window, by: FinishBy | None = None, at: datetime = FRIDAY) -> Timetable:
    calendar = Calendar(windows, finish_by=by, zone=BERLIN)
    end = by.after(at) if by is not None else None
    return Timetable(calendar, end, 12 * MINUTE, is_measured=True)


SIX = FinishBy("06:00", 6 * HOUR, zone=BERLIN)
HALF_PAST_THREE = FinishBy("15:30", 15 * HOUR + 30 * MINUTE, zone=BERLIN)


@pytest.mark.parametrize(
    ("made", "left", "why", "opens"),
    [
        (table(OFFICE), HOUR, "window office", "Mon 2026-11-30 10:00 CET"),
        (table(NIGHT), 0 * HOUR, "window night", "Fri 2026-11-27 22:00 CET"),
        (table(), None, "", None),
        # done by half past three: half an hour is left; tomorrow is another day
        (
            table(OFFICE, by=HALF_PAST_THREE),
            HOUR / 2,
            "finish_by 15:30",
            "Fri 2026-11-27 15:30 CET",
        ),
        (table(OFFICE, by=SIX), HOUR, "window office", "Mon 2026-11-30 10:00 CET"),
        (table(by=SIX), 15 * HOUR, "finish_by 06:00", "Sat 2026-11-28 06:00 CET"),
        # one day alone, which is over
        (
            table(OFFICE, by=replace(SIX, day=date(2026, 11, 27))),
            0 * HOUR,
            "finish_by 06:00",
            None,
        ),
        (
            table(OFFICE, by=replace(HALF_PAST_THREE, day=date(2026, 11, 27))),
            HOUR / 2,
            "finish_by 15:30",
            None,
        ),
    ],
)
def test_what_is_left(made: Timetable, left: timedelta | None, why: str, opens: str | None) -> None:
    """Until the window or the time to be done by, whichever comes first; and when it goes on."""
    assert made.left(FRIDAY) == left
    assert made.now(FRIDAY).why == why
    after = made.opens_after(FRIDAY)
    assert (None if after is None else made.told(after)) == opens


def test_time_to_be_done_by_that_passes_while_it_runs() -> None:
    """It stays the one that was meant when the run began."""
    made = table(by=HALF_PAST_THREE)
    assert made.now(FRIDAY + 31 * MINUTE) == Opening(False, FRIDAY + HOUR / 2, "finish_by 15:30")
    assert made.left(FRIDAY + 31 * MINUTE) == timedelta(0)


def test_after_a_freeze() -> None:
    """The next window may begin with the end of a freeze."""
    frozen = Freeze("x", FRIDAY + HOUR / 2, FRIDAY + HOUR * 3)
    made = replace(table(), calendar=Calendar(freezes=(frozen,)))
    assert made.opens_after(FRIDAY) == FRIDAY + HOUR * 3
    assert made.opens_after(FRIDAY + HOUR) == FRIDAY + HOUR * 3


@pytest.mark.parametrize(
    ("made", "at_once", "fit"),
    [
        (table(OFFICE), 1, 5),
        (table(OFFICE), 3, 15),
        (table(NIGHT), 1, 0),
        (table(), 1, None),
        (replace(table(OFFICE), takes=timedelta(0)), 1, None),
    ],
)
def test_how_many_fit(made: Timetable, at_once: int, fit: int | None) -> None:
    """As many as are done before the end, each as long as the longest took."""
    assert made.fit(FRIDAY, at_once) == fit


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 27, 4, 59, tzinfo=UTC), datetime(2026, 11, 27, 5, 0, tzinfo=UTC)),
        (datetime(2026, 11, 27, 5, 0, tzinfo=UTC), datetime(2026, 11, 28, 5, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 4, 0, tzinfo=UTC)),
    ],
)
def test_next_time_of_day(at: datetime, expected: datetime) -> None:
    """The next time that clocks show it."""
    assert SIX.after(at) == expected


def test_unlimited() -> None:
    """Without any of the three, nothing is asked."""
    assert Calendar().is_unlimited
    assert not Calendar(finish_by=SIX).is_unlimited

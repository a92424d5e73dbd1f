"""When windows are open: over summer time, leap days, the end of a year, in two zones; and ten
thousand moments against a reckoning that only watches clocks."""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from controller.windows.calendar import Calendar, Freeze, Span, Window
from controller.windows.opening import Opening, opening
from controller.windows.words import DAYS

BERLIN, NEW_YORK, LORD_HOWE = map(
    ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def window(days: str, opens: str, closes: str, zone: tzinfo = BERLIN) -> Window:
    """`days`: `Mon Tue`; empty: every day."""
    chosen = frozenset(DAYS.index(day) for day in days.split()) or frozenset(range(7))
    begin, end = clock(opens), clock(closes)
    text = f"{days} {opens}-{closes}".strip()
    return Window(text, chosen, begin, end + DAY * (end < begin), zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def freeze(begins: str, ends: str) -> Freeze:
    return Freeze("holidays", utc(begins), utc(ends))


OFFICE = window("Mon Tue Wed Thu Fri", "10:00", "16:00")
NIGHT = window("Fri", "22:00", "06:00")
EARLY = window("", "02:30", "04:00")
SPRING = window("", "02:00", "02:45")


@pytest.mark.parametrize(
    ("windows", "at", "is_open", "until"),
    [
        # office hours, in winter and in summer
        ([OFFICE], "2026-11-27 08:59", False, "2026-11-27 09:00"),
        ([OFFICE], "2026-11-27 09:00", True, "2026-11-27 15:00"),
        ([OFFICE], "2026-11-27 15:00", False, "2026-11-30 09:00"),  # a week-end follows
        ([OFFICE], "2026-07-01 08:00", True, "2026-07-01 14:00"),
        ([OFFICE], "2026-07-01 14:00", False, "2026-07-02 08:00"),
        # over midnight: it belongs to the day on which it begins
        ([NIGHT], "2026-11-28 04:59", True, "2026-11-28 05:00"),
        ([NIGHT], "2026-11-28 22:00", False, "2026-12-04 21:00"),
        ([NIGHT], "2026-11-27 04:00", False, "2026-11-27 21:00"),  # Friday before dawn
        # the night in which summer time begins: an hour shorter; in which it ends: longer
        ([window("Sat", "22:00", "06:00")], "2026-03-28 21:00", True, "2026-03-29 04:00"),
        ([window("Sat", "22:00", "06:00")], "2026-10-24 20:00", True, "2026-10-25 05:00"),
        # half past two is not shown in March: it opens when the clock jumps
        ([EARLY], "2026-03-29 00:59", False, "2026-03-29 01:00"),
        ([EARLY], "2026-03-29 01:00", True, "2026-03-29 02:00"),
        # the whole window is left out that night
        ([SPRING], "2026-03-29 01:00", False, "2026-03-30 00:00"),
        # and shown twice in October: the first time is meant
        ([EARLY], "2026-10-25 00:30", True, "2026-10-25 03:00"),
        ([window("", "01:00", "02:30")], "2026-10-25 00:30", False, "2026-10-26 00:00"),
        # a zone whose summer time is half an hour
        ([window("", "02:15", "03:00", LORD_HOWE)], "2026-10-03 15:40", True, "2026-10-03 16:00"),
        # a leap day, and the day after it
        ([window("Thu", "00:00", "24:00")], "2024-02-29 10:00", True, "2024-02-29 23:00"),
        ([window("Sat", "00:00", "24:00")], "2028-02-28 12:00", False, "2028-03-03 23:00"),
        # the end of a year
        ([window("Thu", "22:00", "02:00")], "2026-12-31 23:30", True, "2027-01-01 01:00"),
        # two zones: an hour of both makes one
        (
            [OFFICE, window("Fri", "10:00", "12:00", NEW_YORK)],
            "2026-11-27 14:30",
            True,
            "2026-11-27 17:00",
        ),
        # windows that touch are one
        (
            [window("Fri", "20:00", "24:00"), window("Sat", "00:00", "06:00")],
            "2026-11-27 20:00",
            True,
            "2026-11-28 05:00",
        ),
        # always, in two halves
        (
            [window("", "00:00", "12:00"), window("", "12:00", "24:00")],
            "2026-11-27 20:00",
            True,
            "",
        ),
        ([], "2026-11-27 20:00", True, ""),
    ],
)
def test_windows(windows: Sequence[Window], at: str, is_open: bool, until: str) -> None:
    """Open or not, and until when, at moments in UTC."""
    found = opening(Calendar(tuple(windows)), utc(at))
    assert (found.is_open, found.until) == (is_open, utc(until) if until else None)


@pytest.mark.parametrize(
    ("freezes", "at", "expected"),
    [
        (
            [freeze("2026-11-27 12:00", "2026-11-28 00:00")],
            "2026-11-27 10:00",
            Opening(True, utc("2026-11-27 12:00"), "freeze holidays"),
        ),
        (
            [freeze("2026-11-27 12:00", "2026-11-28 00:00")],
            "2026-11-27 12:00",
            Opening(False, utc("2026-11-30 09:00"), "freeze holidays"),
        ),
        (  # longer than is looked ahead at first
            [freeze("2026-11-27 12:00", "2027-02-01 09:00")],
            "2026-11-27 13:00",
            Opening(False, utc("2027-02-01 09:00"), "freeze holidays"),
        ),
        (
            [freeze("2026-11-27 12:00", "2036-01-01 00:00")],
            "2026-11-27 13:00",
            Opening(False, None, "freeze holidays"),
        ),
        (
            [freeze("2026-11-20 12:00", "2026-11-21 00:00")],
            "2026-11-27 10:00",
            Opening(True, utc("2026-11-27 15:00"), "window Mon Tue Wed Thu Fri 10:00-16:00"),
        ),
    ],
)
def test_freezes(freezes: Sequence[Freeze], at: str, expected: Opening) -> None:
    """A freeze goes before any window, and says so."""
    assert opening(Calendar((OFFICE,), tuple(freezes)), utc(at)) == expected


def test_two_windows_are_named() -> None:
    """Who is told that it is closed is told of all."""
    found = opening(Calendar((OFFICE, NIGHT)), utc("2026-11-27 16:00"))
    assert found.why == "windows Mon Tue Wed Thu Fri 10:00-16:00, Fri 22:00-06:00"


# --- against clocks on a wall -----------------------------------------------------------------

HALF: Final = HOUR / 2
BEGIN, END = utc("2027-10-01 00:00"), utc("2028-12-10 00:00")
"""With a leap day and the end of a year; summer time begins once and ends twice."""


def wall(zone: tzinfo) -> list[tuple[datetime, date, timedelta]]:
    """What a clock in `zone` shows every half hour: the moment, the date, the time. Nothing here
    turns local time into UTC."""
    shown, at = [], BEGIN - 3 * DAY
    while at < END:
        local = at.astimezone(zone)
        since = timedelta(hours=local.hour, minutes=local.minute)
        shown.append((at, local.date(), since))
        at += HALF
    return shown


def by_the_clock(
    one: Window, clock_of_zone: Sequence[tuple[datetime, date, timedelta]]
) -> Iterator[Span]:
    """It opens when the clock first shows the time or more, and closes likewise."""
    opened: dict[date, datetime] = {}
    closed: set[date] = set()
    for at, today, since in clock_of_zone:
        for day, time in ((today, since), (today - DAY, since + DAY)):
            if day.weekday() not in one.days or day in closed:
                continue
            if time >= one.opens:
                opened.setdefault(day, at)
            if time >= one.closes:
                closed.add(day)
                if opened[day] < at:
                    yield opened[day], at


def random_calendars(rng: random.Random) -> Iterator[Calendar]:
    for zone in (BERLIN, NEW_YORK, LORD_HOWE, ZoneInfo("Asia/Kolkata")):
        windows = [window("Sun", "02:00", "02:30", zone)]
        for _ in range(rng.randint(1, 2)):
            begin = rng.randrange(48) * HALF
            end = begin + rng.randrange(1, 48) * HALF
            days = frozenset(rng.sample(range(7), rng.randint(1, 7)))
            windows.append(Window("w", days, begin, end, zone))
        begins = BEGIN + rng.randrange(300 * 48) * HALF
        freeze = Freeze("f", begins, begins + rng.randrange(1500) * HALF)
        yield Calendar(tuple(windows), (freeze,))


def reckoned(calendar: Calendar) -> list[tuple[datetime, bool]]:
    """From when on it is open, or not."""
    shown = wall(calendar.windows[0].zone)
    spans = sorted(span for one in calendar.windows for span in by_the_clock(one, shown))
    frozen = calendar.freezes[0]
    edges = {edge for span in spans for edge in span} | {frozen.begins, frozen.ends}
    changes: list[tuple[datetime, bool]] = []
    for at in sorted(edge for edge in edges if BEGIN < edge < END - 10 * DAY):
        near = spans[max(0, bisect_right(spans, (at, END)) - 8) : bisect_right(spans, (at, END))]
        is_open = any(first <= at < last for first, last in near) and not frozen.has(at)
        if not changes or changes[-1][1] != is_open:
            changes.append((at, is_open))
    return changes


def test_ten_thousand_moments() -> None:
    """Whatever the moment, the windows are as clocks on the wall have them: open or not, and until
    when."""
    rng = random.Random(26)
    moments = 0
    for calendar in random_calendars(rng):
        changes = reckoned(calendar)
        for _ in range(2500):
            index = rng.randrange(2, len(changes) - 2)
            (begin, is_open), (end, _) = changes[index], changes[index + 1]
            at = begin + (end - begin) * rng.choice((0.0, rng.random(), rng.random()))
            found = opening(calendar, at)
            expected = end if end - at < 390 * DAY else None
            assert (found.is_open, found.until) == (is_open, expected), (calendar, at)
            moments += 1
    assert moments == 10_000

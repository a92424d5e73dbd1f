"""Windows, freezes and calendar files of a rollout file, as the core has them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.config import load, parse
from controller.config.text import ics
from controller.config.text.scalars import Wrong
from controller.config.values import calendars
from controller.errors import ConfigurationError
from controller.windows.calendar import Calendar, Freeze
from controller.windows.opening import opening
from tests.config.pages import page

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = "windows: ['Mon-Fri 10:00-16:00 Europe/Berlin']"


def calendar(*sections: str) -> Calendar:
    return parse(page(*sections), "FILE").calendar()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "days", "opens", "closes"),
    [
        ("Mon-Fri 10:00-16:00 UTC", {0, 1, 2, 3, 4}, 10, 16),
        ("mon,WED 10:00-16:00 UTC", {0, 2}, 10, 16),
        ("Fri-Mon 10:00-16:00 UTC", {4, 5, 6, 0}, 10, 16),
        ("Tue,Sat-Sun 00:00-24:00 UTC", {1, 5, 6}, 0, 24),
        ("daily 22:00-06:00 UTC", set(range(7)), 22, 30),
        ("22:00-00:00 UTC", set(range(7)), 22, 24),
    ],
)
def test_windows(text: str, days: set[int], opens: int, closes: int) -> None:
    """Days, a range of days, or all of them; over midnight too."""
    (found,) = calendar(f"windows: ['{text}']").windows
    assert found.days == days
    assert (found.opens, found.closes) == (timedelta(hours=opens), timedelta(hours=closes))


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-12-24", "2026-12-23 23:00", "2026-12-24 23:00"),
        ("2026-12-20..2027-01-06", "2026-12-19 23:00", "2027-01-06 23:00"),
        ("2026-12-24 UTC", "2026-12-24 00:00", "2026-12-25 00:00"),
        ("2026-12-24 12:00..2026-12-26 08:30", "2026-12-24 11:00", "2026-12-26 07:30"),
        ("2026-12-24 12:00..2026-12-26 UTC", "2026-12-24 12:00", "2026-12-27 00:00"),
        ("2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"),  # summer time begins
    ],
)
def test_freezes(text: str, begins: str, ends: str) -> None:
    """The last day is included, a time is not; the zone is that of the windows."""
    assert calendar(OFFICE, f"freeze: ['{text}']").freezes == (
        Freeze(text, utc(begins), utc(ends)),
    )


def test_unquoted_date() -> None:
    """A date is text in YAML 1.2, in quotes or not."""
    assert len(calendar(OFFICE, "freeze: [2026-12-24]").freezes) == 1


@pytest.mark.parametrize(
    "sections",
    [
        ("freeze: ['2026-12-24']",),
        (
            "freeze: ['2026-12-24']",
            "windows: ['10:00-11:00 UTC', '10:00-11:00 Europe/Berlin']",
        ),
    ],
)
def test_freeze_without_a_zone(sections: tuple[str, ...]) -> None:
    """Where the windows name none, or two, a day is not known."""
    with pytest.raises(ConfigurationError, match=r"FILE:6:10: freeze\[0\]: .*no time zone; add"):
        calendar(*sections)


def test_finish_by() -> None:
    """A time of day, or of one day; it tells freezes their zone, too."""
    found = calendar("finish_by: '06:00 Europe/Berlin'", "freeze: ['2026-12-24']")
    assert found.finish_by is not None
    assert found.finish_by.after(utc("2026-11-27 12:00")) == utc("2026-11-28 05:00")
    assert found.freezes[0].begins == utc("2026-12-23 23:00")
    one = calendar("finish_by: '2026-12-01 06:00 UTC'").finish_by
    assert one is not None
    assert one.day == date(2026, 12, 1)
    assert one.after(utc("2026-12-31 00:00")) == utc("2026-12-01 06:00")


def test_nothing_is_limited() -> None:
    """A file without any of the keys."""
    assert calendar().is_unlimited


# --- calendar files ---------------------------------------------------------------------------


def event(*lines: str) -> str:
    body = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR")
    return "\r\n".join(body) + "\r\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227", "SUMMARY:Christmas"),
            Freeze("Christmas", utc("2026-12-23 23:00"), utc("2026-12-26 23:00")),
        ),
        (  # a day without an end is one day
            ("DTSTART;VALUE=DATE:20261224",),
            Freeze("of line 3", utc("2026-12-23 23:00"), utc("2026-12-24 23:00")),
        ),
        (
            ("DTSTART:20261224T120000Z", "DTEND:20261224T140000Z", "SUMMARY:Sale\\, big"),
            Freeze("Sale, big", utc("2026-12-24 12:00"), utc("2026-12-24 14:00")),
        ),
        (
            (
                "DTSTART;TZID=America/New_York:20261224T120000",
                'DTEND;TZID="America/New_York":20261224T140000',
                "SUMMARY:a long name that is fold",
                " ed",
            ),
            Freeze("a long name that is folded", utc("2026-12-24 17:00"), utc("2026-12-24 19:00")),
        ),
        (  # neither a zone nor UTC: as the windows have it
            ("DTSTART:20261224T120000", "DTEND:20261224T140000", "BEGIN:VALARM", "END:VALARM"),
            Freeze("of line 3", utc("2026-12-24 11:00"), utc("2026-12-24 13:00")),
        ),
    ],
)
def test_events(lines: tuple[str, ...], expected: Freeze) -> None:
    """All day, in UTC, in a zone."""
    assert ics.freezes_of(event(*lines), BERLIN) == (expected,)


def test_events_that_do_not_take_place() -> None:
    """One that was cancelled, and what is no event."""
    cancelled = event("DTSTART;VALUE=DATE:20261224", "STATUS:CANCELLED")
    assert ics.freezes_of(cancelled, BERLIN) == ()
    other = "BEGIN:VCALENDAR\nBEGIN:VTODO\nDTSTART:20261224\nEND:VTODO\nEND:VCALENDAR\n"
    assert ics.freezes_of(other, BERLIN) == ()


DAY, END = "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261225"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (event(DAY, END, "RRULE:FREQ=YEARLY"), "line 6: RRULE: events that repeat are not"),
        (event(DAY, END, "RDATE:20270101"), "line 6: RDATE: events that repeat"),
        (event(END), "line 3: an event without DTSTART"),
        (event("DTSTART:20261224T120000Z"), "line 3: an event without DTEND"),
        (event(DAY, "DURATION:P1D"), "line 5: DURATION is not understood; write DTEND"),
        (event(DAY, "DTEND:20261225T120000Z"), "line 3: an event that does not end after it"),
        (event(DAY, DAY.replace("START", "END")), "line 3: an event that does not end after it"),
        (event("DTSTART:20261332", END), "line 4: DTSTART: 20261332 is no date"),
        (event("DTSTART:tomorrow", END), "line 4: DTSTART: tomorrow is neither a date nor a time"),
        (event("DTSTART;TZID=Mars:20261224T120000", END), 'line 4: DTSTART: "Mars" is not a time'),
        ("web.yaml\n", "line 1: is not a line of an iCalendar file"),
        ("NAME:x\n", "line 1: is not within BEGIN:VCALENDAR; is this an .ics file?"),
        ("", "is empty; is this an .ics file?"),
        (event(DAY, END)[:-20], "line 6: END:VEV does not fit its BEGIN"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "ends within BEGIN:VEVENT: the file is cut off"),
        ("BEGIN:VCALENDAR\nEND:VEVENT\n", "line 2: END:VEVENT does not fit its BEGIN"),
    ],
)
def test_what_is_not_understood(text: str, message: str) -> None:
    """Nothing that may be a freeze is passed over."""
    with pytest.raises(Wrong) as error:
        ics.freezes_of(text, BERLIN)
    assert message in str(error.value)


def test_dates_without_a_zone() -> None:
    """A day is a day somewhere."""
    with pytest.raises(Wrong, match="line 4: DTSTART: names no time zone, and the windows"):
        ics.freezes_of(event(DAY, END), None)


def test_too_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to how many are looked at for every decision."""
    monkeypatch.setattr(ics, "MAX_EVENTS", 0)
    with pytest.raises(Wrong, match="1 events; the maximum is 0"):
        ics.freezes_of(event(DAY, END), BERLIN)


def test_calendar_file(tmp_path: Path) -> None:
    """Its path is relative to the rollout file."""
    (tmp_path / "web.yaml").write_text(page(OFFICE, "freeze: [{ics: days.ics}]"))
    (tmp_path / "days.ics").write_text(event(DAY, END, "SUMMARY:Christmas Eve"))
    found = load(tmp_path / "web.yaml").calendar()
    closed = opening(found, utc("2026-12-24 11:00"))
    assert (closed.is_open, closed.why) == (False, "freeze Christmas Eve")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "days.ics cannot be read: No such file or directory"),
        (b"\xff\xfe", "days.ics is not UTF-8; save the file in that encoding"),
        (b"x" * 40, "days.ics is longer than 0 MiB; leave old events out"),
        (b"x", "days.ics: line 1: is not a line of an iCalendar file"),
    ],
)
def test_calendar_file_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    """It is named with its place in the rollout file."""
    monkeypatch.setattr(calendars, "MAX_BYTES", 30)
    (tmp_path / "web.yaml").write_text(page(OFFICE, "freeze: [{ics: days.ics}]"))
    if content is not None:
        (tmp_path / "days.ics").write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path / "web.yaml").calendar()
    assert "web.yaml:7:16: freeze[0].ics: " in str(error.value)
    assert message in str(error.value)

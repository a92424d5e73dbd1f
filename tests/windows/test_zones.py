"""What clocks on a wall show, as moments in UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from controller.windows.words import told
from controller.windows.zones import moment


@pytest.mark.parametrize(
    ("zone", "shown", "expected"),
    [
        ("Europe/Berlin", "2026-11-27 10:00", "2026-11-27 09:00"),
        ("Europe/Berlin", "2026-03-29 01:59", "2026-03-29 00:59"),
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 01:00"),  # left out: it jumps then
        ("Europe/Berlin", "2026-03-29 02:59", "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-03-29 03:00", "2026-03-29 01:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),  # shown twice: the first
        ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25 02:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),  # a day that never was
    ],
)
def test_moments(zone: str, shown: str, expected: str) -> None:
    """Each time that a clock shows is one moment."""
    found = moment(datetime.fromisoformat(shown), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_words() -> None:
    """Day, date, time and zone."""
    at = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert told(at, ZoneInfo("Europe/Berlin")) == "Mon 2026-11-30 10:00 CET"
    assert told(at, UTC) == "Mon 2026-11-30 09:00 UTC"

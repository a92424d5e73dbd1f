"""Moments in text: in the time of this machine, with its zone, or in UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from controller.cli.gate import moment
from controller.report import times

SUMMER = datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC)
WINTER = datetime(2026, 12, 1, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def berlin() -> Iterator[None]:
    times.tell_in(ZoneInfo("Europe/Berlin"))
    yield
    times.tell_in(UTC)


@pytest.mark.usefixtures("berlin")
def test_a_zone_is_said_with_it() -> None:
    """Which one depends on the season."""
    assert times.moment(SUMMER) == "2026-07-01 03:02:03 CEST"
    assert times.clock_time(WINTER) == "02:02:03 CET"
    assert times.hour(WINTER) == "02:02:03"


@pytest.mark.usefixtures("berlin")
def test_what_can_be_typed_again() -> None:
    """Whole seconds, in the time of this machine; `gate --at` takes it."""
    at = SUMMER.replace(microsecond=987654)
    assert times.typed(at) == "2026-07-01T03:02:03+02:00"
    assert moment(times.typed(at)) == SUMMER


def test_in_utc() -> None:
    assert times.moment(SUMMER) == "2026-07-01 01:02:03 UTC"

"""Windows, freezes and `finish_by`: text of the file → values, or why not."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from controller.config.text.places import printable, shown
from controller.config.text.scalars import Wrong
from controller.windows.calendar import DAY, FinishBy, Freeze, Window
from controller.windows.words import DAYS
from controller.windows.zones import moment

WEEK: Final = frozenset(range(7))
_TIME = "([0-9]{2}):([0-9]{2})"
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_WINDOW = re.compile(rf"(?:([A-Za-z,-]+) )?{_TIME}-{_TIME} (\S+)")
_EDGE = rf"({_DATE})(?: {_TIME})?"
_FREEZE = re.compile(rf"{_EDGE}(?:\.\.{_EDGE})?(?: ([^\s.]\S*))?")
_FINISH_BY = re.compile(rf"(?:({_DATE}) )?{_TIME} (\S+)")

WINDOW_FORM: Final = "write it like 'Mon-Fri 10:00-16:00 Europe/Berlin'"
FREEZE_FORM: Final = "write it like 2026-12-24, '2026-12-20..2027-01-06 Europe/Berlin' or {ics: …}"
FINISH_BY_FORM: Final = "write it like '06:00 Europe/Berlin' or '2026-12-01 06:00 UTC'"


def zone_of(name: str) -> tzinfo:
    """Raises Wrong."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        raise Wrong(
            f"{shown(name)} is not a time zone; write one like Europe/Berlin, or UTC"
        ) from None


def window(value: object) -> Window:
    """`Mon-Fri 10:00-16:00 Europe/Berlin`; without days: every day. Raises Wrong."""
    match = _WINDOW.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong(f"{shown(value)} is not a window; {WINDOW_FORM}")
    days = WEEK if match[1] is None else _days(match[1])
    opens, closes = _since_midnight(match[2], match[3]), _since_midnight(match[4], match[5])
    if opens in (closes, DAY):
        raise Wrong(f"{shown(value)} is never open; a whole day is 00:00-24:00")
    return Window(match[0], days, opens, closes + DAY * (closes < opens), zone_of(match[6]))


def _days(text: str) -> frozenset[int]:
    """`Mon`, `Mon-Fri`, `Fri-Mon`, and several of these with commas."""
    if text.lower() == "daily":
        return WEEK
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin = _day(first)
        length = (_day(last) - begin) % 7 if last or part.endswith("-") else 0
        days |= {(begin + n) % 7 for n in range(length + 1)}
    return frozenset(days)


def _day(name: str) -> int:
    if name.capitalize() not in DAYS:
        raise Wrong(f"{shown(name)} is not a day; write {', '.join(DAYS)}, a range, or daily")
    return DAYS.index(name.capitalize())


def _since_midnight(hours: str, minutes: str) -> timedelta:
    since = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or since > DAY:
        raise Wrong(f"{hours}:{minutes} is not a time of day; write 00:00 to 24:00")
    return since


def freeze(value: object, zone: tzinfo | None) -> Freeze:
    """A date, or a range of dates whose last day is included; with times, from the first to the
    second. `zone`: where it names none. Raises Wrong."""
    match = _FREEZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong(f"{shown(value)} is not a freeze; {FREEZE_FORM}")
    if match[7] is not None:
        zone = zone_of(match[7])
    if zone is None:
        raise Wrong(f"{shown(value)} names no time zone; add one, like Europe/Berlin or UTC")
    begin = _edge(match[1], match[2], match[3])
    if match[4] is None and match[2] is not None:
        raise Wrong(f"{shown(value)} is a moment; add its end: {match[0]}..DATE HH:MM")
    last = match[4] if match[4] is not None else match[1]
    end = _edge(last, match[5], match[6]) + DAY * (match[5] is None)
    if end <= begin:
        raise Wrong(f"{shown(value)} ends before it begins; swap the two")
    return Freeze(match[0], moment(begin, zone), moment(end, zone))


def _edge(day: str, hours: str | None, minutes: str | None) -> datetime:
    since = _since_midnight(hours, minutes) if hours is not None and minutes is not None else None
    return datetime.combine(_date(day), time()) + (since or timedelta(0))


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"{printable(text)} is no date of the calendar; correct it") from None
    if not 2000 <= found.year <= 9000:
        raise Wrong(f"{printable(text)} is too far away; write a date from 2000 on")
    return found


def finish_by(value: object) -> FinishBy:
    """`06:00 Europe/Berlin`, or with a date before it. Raises Wrong."""
    match = _FINISH_BY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong(f"{shown(value)} is not a time to be done by; {FINISH_BY_FORM}")
    day = _date(match[1]) if match[1] is not None else None
    return FinishBy(match[0], _since_midnight(match[2], match[3]), day, zone_of(match[4]))

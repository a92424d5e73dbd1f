"""Times as systemd writes them (systemd.time(7), "calendar events"), read as far as they mean
something to cron as well."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS: Final = {
    "minutely": "*-*-* *:*:00",
    "hourly": "*-*-* *:00:00",
    "daily": "*-*-* 00:00:00",
    "weekly": "Mon *-*-* 00:00:00",
    "monthly": "*-*-01 00:00:00",
    "quarterly": "*-01,04,07,10-01 00:00:00",
    "semiannually": "*-01,07-01 00:00:00",
    "yearly": "*-01-01 00:00:00",
    "annually": "*-01-01 00:00:00",
}
_PART: Final = re.compile(r"(\*|\d{1,4})(?:\.\.(\d{1,4}))?(?:/(\d{1,4}))?")
_ZONE: Final = re.compile(r"UTC|[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}")
_DATE: Final = re.compile(r"(?:([0-9*.,/]+)-)?([0-9*.,/]+)([-~])([0-9*.,/]+)")

LIMITS: Final = {
    "year": (1970, 2199),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}


class Unreadable(ValueError):
    """Not a calendar event; `str()` says what is not."""


@dataclass(frozen=True, slots=True)
class Calendar:
    days: tuple[int, ...] = ()
    """Of the week, Monday is 0; empty: every one."""
    year: str = "*"
    month: str = "*"
    day: str = "*"
    hour: str = "00"
    minute: str = "00"
    second: str = "00"
    zone: str = ""
    counts_back: bool = False
    """`day` is counted from the end of the month."""


def calendar(text: str) -> Calendar:
    """Raises Unreadable."""
    words = _WORDS.get(text.strip().lower(), text).split()
    if not words:
        raise Unreadable("is empty")
    found: dict[str, object] = {}
    if words[0][:1].isalpha() and not _ZONE.fullmatch(words[0]):
        found["days"] = _days(words.pop(0))
    if words and (date := _DATE.fullmatch(words[0])) is not None:
        year, month, sign, day = date.groups()
        found |= {"year": year or "*", "month": month, "day": day, "counts_back": sign == "~"}
        words.pop(0)
    if words and ":" in words[0]:
        found |= _time(words.pop(0))
    if words and _ZONE.fullmatch(words[0]):
        found["zone"] = words.pop(0)
    if words or found.keys() <= {"zone"}:
        raise Unreadable(f"is not a time of systemd at {(words or [text])[0]!r}")
    made = Calendar(**found)  # type: ignore[arg-type]
    for unit, limits in LIMITS.items():
        for part in str(getattr(made, unit)).split(","):
            _check(part, unit, limits)
    return made


def _days(word: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in word.lower().split(","):
        first, dots, last = part.partition("..")
        begin, end = _day(first), _day(last) if dots else _day(first)
        if end < begin:
            raise Unreadable(f"has no such days: {part!r}; a week begins on Monday")
        found.update(range(begin, end + 1))
    return tuple(sorted(found))


def _day(word: str) -> int:
    for names in (DAYS, _LONG):
        if word in names:
            return names.index(word)
    raise Unreadable(f"names no day of the week: {word!r}")


def _time(word: str) -> Iterator[tuple[str, str]]:
    parts = word.split(":")
    if len(parts) not in (2, 3):
        raise Unreadable(f"is not a time: {word!r}; write it like 05:00")
    return zip(("hour", "minute", "second"), parts, strict=False)


def _check(part: str, unit: str, limits: tuple[int, int]) -> None:
    found = _PART.fullmatch(part)
    if found is None:
        raise Unreadable(f"has no {unit} that can be read: {part!r}")
    first, last, step = found.groups()
    least, most = limits
    numbers = [int(one) for one in (first, last) if one is not None and one != "*"]
    is_well = all(least <= one <= most for one in numbers) and numbers == sorted(numbers)
    if not is_well or (first == "*" and (last or step) is not None) or step == "0":
        raise Unreadable(f"has no such {unit}: {part!r}")

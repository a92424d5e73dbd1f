"""Durations, percentages, counts and names: text of the file → values, or why not. Pure."""

import re
from datetime import timedelta
from math import ceil, isfinite
from typing import TypeGuard

from controller.config.text.places import printable, shown
from controller.core.settings import Amount

LONGEST = timedelta(days=7)
"""No phase of a rollout takes longer; guards against a wrong unit."""
MAX_COUNT = 10_000
LEAST_TIMES, MOST_TIMES = 1.1, 1000

DURATION_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,6})?(ms|s|m|h)$"
PERCENTAGE_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,9})?%$"
DIGITS_PATTERN = r"^[0-9]{1,9}$"
_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
}
_BARE = re.compile(r"[0-9]+(\.[0-9]+)?")


class Wrong(ValueError):
    """An invalid value; `str()` says what is wrong and how to fix it."""


def duration(value: object, *, least: timedelta = timedelta(0)) -> timedelta:
    """`500ms 30s 5m 2h`, whole or decimal. Raises Wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise _no_unit(value, "s", "another of ms, s, m, h")
    if not isinstance(value, str) or not re.fullmatch(DURATION_PATTERN[1:-1], value):
        if isinstance(value, str) and _BARE.fullmatch(value):
            raise _no_unit(value, "s", "another of ms, s, m, h")
        raise Wrong(f"{shown(value)} is not a duration; write it like 500ms, 30s, 5m or 2h")
    unit = value.lstrip("0123456789.")
    result = _UNITS[unit] * float(value.removesuffix(unit))
    if result < least:
        raise Wrong(f"{printable(value)} is too short; the minimum is {_told(least)}")
    if result > LONGEST:
        raise Wrong(f"{printable(value)} is too long; the maximum is 168h (seven days)")
    return result


def percentage(value: object) -> float:
    """Per cent, 0 to 100. Raises Wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        others = f"{value * 100:g}% if a ratio is meant" if 0 < value < 1 else ""
        raise _no_unit(value, "%", others)
    if not isinstance(value, str) or not re.fullmatch(PERCENTAGE_PATTERN[1:-1], value):
        if isinstance(value, str) and _BARE.fullmatch(value):
            raise _no_unit(value, "%")
        raise Wrong(f"{shown(value)} is not a percentage; write it like 1% or 0.5%")
    result = float(value.removesuffix("%"))
    if result > 100:
        raise Wrong(f"{printable(value)} is too much; the maximum is 100%")
    return result


def share(value: object) -> int:
    """Per cent of a weight, above 0 to 100: whole, a fraction rounded up. Raises Wrong."""
    result = percentage(value)
    if result <= 0:
        raise Wrong(f"{printable(str(value))} is not a ramp step; write more than 0%, up to 100%")
    return ceil(result)


def count(value: object) -> int:
    """1 to 10000, as a number or as digits. Raises Wrong."""
    if is_digits(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong(f"{shown(value)} is not a count; write a whole number from 1 to {MAX_COUNT}")
    if not 1 <= value <= MAX_COUNT:
        raise Wrong(f"{shown(value)} is out of range; write a count from 1 to {MAX_COUNT}")
    return value


def amount(value: object) -> Amount:
    """A count or a percentage. Raises Wrong."""
    if is_digits(value) or (isinstance(value, int) and not isinstance(value, bool)):
        return Amount(count(value))
    if isinstance(value, str) and value.endswith("%"):
        return Amount(percentage(value), is_percent=True)
    raise Wrong(f"{shown(value)} is neither a count nor a percentage; write it like 2 or 25%")


def floor(value: object) -> Amount:
    """The same, or none at all. Raises Wrong."""
    is_none = value == "0" or (value == 0 and not isinstance(value, bool | float))
    return Amount(0) if is_none else amount(value)


def is_digits(value: object) -> TypeGuard[str]:
    """Whether it is a whole number that was put in quotes."""
    return isinstance(value, str) and re.fullmatch(DIGITS_PATTERN[1:-1], value) is not None


def limit(value: object) -> float:
    """A finite number as it stands, or a percentage as a ratio. Raises Wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) < 10**15 and isfinite(value):
            return float(value)
        raise Wrong(f"{shown(value)} is out of range; write a number of at most 15 digits")
    if is_percentage(value):
        return percentage(value) / 100
    if isinstance(value, str) and _BARE.fullmatch(value):
        raise _no_unit(value, "%", "the number without quotes")
    raise Wrong(f"{shown(value)} is neither a number nor a percentage; write it like 0.5 or 1%")


def number(value: object) -> float:
    """A finite number as it stands. Raises Wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"{shown(value)} is not a number; write it bare, like 2000000 or 0.5")
    if not (abs(value) < 10**15 and isfinite(value)):
        raise Wrong(f"{shown(value)} is out of range; write a number of at most 15 digits")
    return float(value)


def is_percentage(value: object) -> bool:
    """Whether a limit is given in per cent."""
    return isinstance(value, str) and value.endswith("%")


def times(value: object) -> float:
    """How many times as much, like `3` or `1.5`. Raises Wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"{shown(value)} is not a number; write how many times as long, like 3")
    if not LEAST_TIMES <= value <= MOST_TIMES:
        raise Wrong(
            f"{shown(value)} is out of range; write a number from {LEAST_TIMES} to {MOST_TIMES}"
        )
    return float(value)


def confidence(value: object) -> float:
    """`99.5%` or `0.995`, from 0.5 to below 1. Raises Wrong."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        result = float(value)
    else:
        result = percentage(value) / 100
    if not 0.5 <= result < 1:
        raise Wrong(f"{shown(value)} is out of range; write at least 50% and less than 100%")
    return result


def port(value: object) -> int:
    """1 to 65535, as a number or as digits. Raises Wrong."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,5}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise Wrong(f"{shown(value)} is not a port; write a number from 1 to 65535")
    return value


def _no_unit(value: object, unit: str, others: str = "") -> Wrong:
    told = printable(str(value))
    return Wrong(f"{told} has no unit; write {told}{unit}" + (f", or {others}" if others else ""))


def _told(least: timedelta) -> str:
    second = timedelta(seconds=1)
    if least % second:
        return f"{least // timedelta(milliseconds=1)}ms"
    return f"{least // second}s"

"""How long something is kept or holds, which is often counted in days. Pure."""

import re
from datetime import timedelta
from typing import Final

from controller.config.text.places import printable, shown
from controller.config.text.scalars import Wrong

AGE_PATTERN: Final = r"^[0-9]{1,6}(\.[0-9]{1,6})?(s|m|h|d)$"
LONGEST: Final = timedelta(days=366)
_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def age(value: object) -> timedelta:
    """`30m`, `12h`, `7d`, whole or decimal, at most a year. Raises Wrong."""
    if not isinstance(value, str) or not re.fullmatch(AGE_PATTERN[1:-1], value):
        raise Wrong(f"{shown(value)} is not a time like 12h or 7d; write a number and s, m, h or d")
    result = _UNITS[value[-1]] * float(value[:-1])
    if result > LONGEST:
        raise Wrong(f"{printable(value)} is too long; the maximum is {LONGEST.days}d")
    return result

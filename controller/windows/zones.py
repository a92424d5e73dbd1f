"""What a clock on the wall shows, as moments in UTC."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

SECOND: Final = timedelta(seconds=1)

KEPT: Final = 4096
"""Answers that are kept, as the same days are asked for again and again: a year of windows."""


@lru_cache(KEPT)
def moment(shown: datetime, zone: tzinfo) -> datetime:
    """When a clock in `zone` first shows `shown` or more. What it shows twice, as summer ends, is
    meant the first time; what it leaves out, as summer begins, is the moment at which it jumps."""
    first = _utc(shown, zone, fold=0)
    if _shows(first, zone) == shown:
        return first
    return _jump(_utc(shown, zone, fold=1), first, zone)


def _utc(shown: datetime, zone: tzinfo, *, fold: int) -> datetime:
    return shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _shows(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The moment between the two from which another offset holds, to the second."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after

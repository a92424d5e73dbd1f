"""Moments for people: day, date and time in a zone."""

from datetime import datetime, tzinfo
from typing import Final

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def told(at: datetime, zone: tzinfo) -> str:
    """`Mon 2026-11-30 10:00 CET`."""
    shown = at.astimezone(zone)
    return f"{DAYS[shown.weekday()]} {shown:%Y-%m-%d %H:%M} {shown.tzname()}"

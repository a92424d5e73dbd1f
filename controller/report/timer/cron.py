"""A line for cron that begins at the same times (crontab(5))."""

from collections.abc import Mapping, Sequence
from shlex import join, quote
from typing import Final

from controller.report.timer.calendar import LIMITS, Calendar

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Cron's own has neither /usr/local nor sbin, where tools for hosts often are."""


def fields(at: Calendar) -> str | None:
    """The first five fields; None where cron has no way to say it."""
    if at.year != "*" or at.counts_back or at.zone or at.second not in ("0", "00"):
        return None
    if at.days and at.day != "*":
        return None  # cron begins when either matches
    days = ",".join(str((day + 1) % 7) for day in at.days) or "*"
    parts = [
        _field(getattr(at, unit), LIMITS[unit][1]) for unit in ("minute", "hour", "day", "month")
    ]
    return " ".join([*parts, _short(days)])


def line(when: str, user: str, argv: Sequence[str], env_file: str | None) -> str:
    """For a file in /etc/cron.d, where the user comes sixth. A `%` would end the line."""
    command = join(argv)
    if env_file is not None:
        command = f"set -a; . {quote(env_file)}; exec {command}"
    return f"{when} {user} " + command.replace("%", r"\%")


def _field(text: str, most: int) -> str:
    return ",".join(_part(part, most) for part in text.split(","))


def _part(text: str, most: int) -> str:
    first, slash, step = text.partition("/")
    begin, dots, end = first.partition("..")
    if begin == "*":
        return "*"
    if slash:
        return f"{int(begin)}-{int(end) if dots else most}/{int(step)}"
    return f"{int(begin)}-{int(end)}" if dots else str(int(begin))


_RUNS: Final[Mapping[str, str]] = {"1,2,3,4,5": "1-5", "1,2,3,4,5,6": "1-6", "1,2,3,4": "1-4"}


def _short(days: str) -> str:
    return _RUNS.get(days, days)

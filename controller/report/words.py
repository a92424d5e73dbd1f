"""Figures and phrases that recur."""

from collections.abc import Sequence
from datetime import timedelta

from controller.core.phases import FIVE, Phase


def span(duration: timedelta) -> str:
    """`<0.1s`, `0.4s`, `30s`, `5m`, `1h05m`."""
    seconds = duration.total_seconds()
    if 0 < seconds < 0.05:
        return "<0.1s"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f}s"
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m" + (f"{rest:02d}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def names(members: Sequence[str]) -> str:
    return ", ".join(members) if members else "none"


def phase_word(phase: Phase) -> str:
    """The operator's word for a phase, with ours where ours says more."""
    five = FIVE.get(phase)
    return str(phase) if five is None or phase.startswith(five[:4]) else f"{five}, {phase}"

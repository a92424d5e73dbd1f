"""Whether members may be taken up at a moment, until when, and else from when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.windows.calendar import DAY, Calendar, Span, Window

HORIZONS: Final = (DAY * 3, DAY * 9, DAY * 60, DAY * 400)
"""How far is looked ahead, the next one where the former shows no end: a freeze covers weeks, and
whatever ends later than in a year has no end here."""

LONGEST: Final = DAY * 2
"""No window is longer than a day, and no clock is set back by more."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What holds at a moment."""

    is_open: bool
    until: datetime | None
    """Open: when it closes; closed: when it opens next. None: not within a year."""
    why: str
    """Which window or freeze says so, in words; empty: there is none that ever does."""


def opening(calendar: Calendar, at: datetime) -> Opening:
    """At `at`, in UTC. Windows that touch are one; a freeze goes before any window."""
    for horizon in HORIZONS:
        end = at + horizon
        for first, last in _open(calendar, at - LONGEST, end):
            if first <= at < last < end:
                return Opening(True, last, _closed_by(calendar, last))
            if at < first:
                return Opening(False, first, _closed_by(calendar, at))
    is_open = _is_open(calendar, at)
    return Opening(is_open, None, "" if is_open else _closed_by(calendar, at))


def _is_open(calendar: Calendar, at: datetime) -> bool:
    moments = _open(calendar, at - LONGEST, at + LONGEST)
    return any(first <= at < last for first, last in moments)


def _closed_by(calendar: Calendar, at: datetime) -> str:
    """What keeps it closed at `at`."""
    frozen = next((one for one in calendar.freezes if one.has(at)), None)
    if frozen is not None:
        return f"freeze {frozen.text}"
    several = "windows" if len(calendar.windows) > 1 else "window"
    return f"{several} {', '.join(one.text for one in calendar.windows)}"


def _open(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Span]:
    """Spans that are open between the two, in their order, none touching another."""
    spans = [(begin, end)] if not calendar.windows else _of_windows(calendar.windows, begin, end)
    for freeze in calendar.freezes:
        spans = [part for span in spans for part in _without(span, freeze.begins, freeze.ends)]
    return _merged(spans)


def _of_windows(windows: Iterable[Window], begin: datetime, end: datetime) -> list[Span]:
    spans = []
    for window in windows:
        day = begin.astimezone(window.zone).date() - DAY
        last = end.astimezone(window.zone).date()
        while day <= last:
            if (span := window.on(day)) is not None:
                spans += _within(span, begin, end)
            day += DAY
    return spans


def _within(span: Span, begin: datetime, end: datetime) -> list[Span]:
    first, last = max(span[0], begin), min(span[1], end)
    return [(first, last)] if first < last else []


def _without(span: Span, begin: datetime, end: datetime) -> list[Span]:
    first, last = span
    parts = [(first, min(last, begin)), (max(first, end), last)]
    return [one for one in parts if one[0] < one[1]]


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    current: Span | None = None
    for first, last in sorted(spans):
        if current is not None and first <= current[1]:
            current = (current[0], max(current[1], last))
            continue
        if current is not None:
            yield current
        current = (first, last)
    if current is not None:
        yield current

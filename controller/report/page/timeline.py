"""The timeline: phases of each member as bars, positions in percent of the width."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

from controller.core.gates.figures import span
from controller.core.phases import OVER, Phase
from controller.report.members.status import member_status
from controller.report.page.model import Run, Story, Stretch

GAP_SHARE: Final = 0.04
"""The widest gap between two runs, as a share of the time of all runs: a night after a halt must
not take the room of what happened."""

ROWS_SHOWN: Final = 40
"""Further members are folded."""

NARROWEST: Final = 0.4
"""Percent: so that a phase of milliseconds is visible."""

WORDS: Final = {
    "turn": "waits for its turn",
    "drain": "drain",
    "upgrade": "upgrade",
    "validate": "validate",
    "return": "return",
    "soak": "soak",
    "undo": "put back or taken out again",
    "out": "out, left out",
    "kept": "in rotation, unproven",
}

PHONE, DESK, LETTER = 270, 800, 8
"""Pixels: the width of all bars, and of a letter."""

STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
"""Seconds between two ticks."""

MOST_TICKS: Final = 4
"""As many as fit on a phone."""

APART: Final = 100 / 5
"""Percent: the least distance of two ticks."""


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str
    x: float
    width: float
    narrow: str
    """The text that fits on a phone."""
    wide: str
    """The text that fits on a desktop."""
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    member: str
    status: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str
    anchor: str
    """`text-anchor` of the label; at the edges it stays within the drawing."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two runs."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    rows: tuple[Row, ...]
    folded: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    gaps: tuple[Gap, ...]
    halts: tuple[float, ...]
    legend: tuple[tuple[str, str, str], ...]
    """(kind, letter, words) of each kind of bar drawn."""


class Axis:
    """Seconds of the rollout → percent of the width; gaps between runs are shortened."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        working = sum(run.end - run.start for run in runs)
        self._starts: list[float] = []
        shown = 0.0
        for i, run in enumerate(runs):
            if i:
                shown += min(run.start - runs[i - 1].end, working * GAP_SHARE)
            self._starts.append(shown)
            shown += run.end - run.start
        self._whole = shown or 1.0

    def x(self, at: float) -> float:
        for run, start in zip(reversed(self._runs), reversed(self._starts), strict=True):
            if at >= run.start:
                return 100 * (start + min(at, run.end) - run.start) / self._whole
        return 0.0


def timeline(story: Story) -> Timeline:
    axis = Axis(story.runs)
    stretches: dict[str, list[Stretch]] = {}
    for stretch in story.stretches:
        stretches.setdefault(stretch.member, []).append(stretch)
    rows = {
        m.name: Row(
            m.name,
            member_status(story.plan, story.state, m),
            tuple(_bar(axis, each) for each in stretches.get(m.name, ())),
        )
        for m in story.state.members.values()
    }
    shown = _worth_a_look(story)
    kinds = {stretch.kind for stretch in story.stretches}
    return Timeline(
        rows=tuple(row for name, row in rows.items() if name in shown),
        folded=tuple(row for name, row in rows.items() if name not in shown),
        ticks=_ticks(axis, story.runs),
        gaps=_gaps(axis, story.runs),
        halts=tuple(axis.x(entry.at) for entry in story.entries if entry.mark == "halt"),
        legend=tuple((kind, letter(kind), words) for kind, words in WORDS.items() if kind in kinds),
    )


def letter(kind: str) -> str:
    """The letter of a bar, besides its colour."""
    return {"turn": "", "undo": "×", "out": "OUT", "kept": "?"}.get(kind, kind[0].upper())


def _bar(axis: Axis, stretch: Stretch) -> Bar:
    x = axis.x(stretch.start)
    width = max(axis.x(stretch.end) - x, NARROWEST)
    x = min(x, 100 - width)
    text = WORDS[stretch.kind]
    words = (text, letter(stretch.kind))
    back = " (rollback)" if stretch.course == "rollback" else ""
    lasted = span(timedelta(seconds=stretch.end - stretch.start))
    return Bar(
        kind=stretch.kind,
        x=x,
        width=width,
        narrow=_fitting(words, width / 100 * PHONE),
        wide=_fitting(words, width / 100 * DESK),
        title=f"{stretch.member}: {text}{back}, {lasted}",
    )


def _fitting(words: Sequence[str], pixels: float) -> str:
    return next((word for word in words if len(word) * LETTER <= pixels), "")


def _worth_a_look(story: Story) -> set[str]:
    """All members of a small pool; of a large one, members that did not succeed come first."""
    members = list(story.state.members.values())
    fine = OVER | {Phase.WAITING}
    in_trouble = [m.name for m in members if m.phase not in fine]
    others = [m.name for m in members if m.phase in fine]
    return set((in_trouble + others)[:ROWS_SHOWN])


def _ticks(axis: Axis, runs: Sequence[Run]) -> tuple[Tick, ...]:
    """The start of each run, and round times in between where there is room."""
    working = sum(run.end - run.start for run in runs)
    step = next((step for step in STEPS if working / step <= MOST_TICKS), STEPS[-1])
    places = [(axis.x(run.start), run.wall) for run in runs]
    for run in runs:
        at = (-run.wall.timestamp()) % step
        while at <= run.end - run.start:
            places.append((axis.x(run.start + at), run.wall + timedelta(seconds=at)))
            at += step
    form = "%H:%M:%S" if step < 60 else "%H:%M"
    ticks: list[Tick] = []
    for x, wall in places:
        if all(abs(x - tick.x) >= APART for tick in ticks):
            anchor = "start" if x < APART / 2 else ("end" if x > 100 - APART / 2 else "middle")
            ticks.append(Tick(x, format(wall, form), anchor))
    return tuple(ticks)


def _gaps(axis: Axis, runs: Sequence[Run]) -> tuple[Gap, ...]:
    gaps = []
    for before, after in pairwise(runs):
        x = axis.x(before.end)
        rest = span(timedelta(seconds=after.start - before.end))
        gaps.append(Gap(x, axis.x(after.start) - x, f"no run for {rest}"))
    return tuple(gaps)

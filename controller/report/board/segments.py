"""Segments of text with a tone, and the characters that a terminal can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from math import ceil
from textwrap import wrap as fold
from typing import Final

from controller.legible import ascii_only


class Tone(StrEnum):
    """What a segment means; `controller.cli.live` chooses its colour."""

    PLAIN = "plain"
    DIM = "dim"
    ACTIVE = "active"
    GOOD = "good"
    DOUBT = "doubt"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    tone: Tone = Tone.PLAIN


TextLine = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters in use; each is one cell wide, except `more`."""

    bars: str
    """From nothing to the most."""
    unknown: str
    more: str
    """Something was left out."""
    falling: str
    rising: str
    rule: str


UNICODE: Final = Signs("▁▂▃▄▅▆▇█", "·", "…", "↓", "↑", "─")
ASCII: Final = Signs("_.-=+*%#", "?", "...", "v", "^", "-")
"""For terminals and locales that show only ASCII."""


def plain(line: TextLine) -> str:
    return "".join(segment.text for segment in line).rstrip()


def fitting(line: TextLine, width: int, signs: Signs) -> TextLine:
    """Cut at `width`, and in ASCII where the terminal shows only that."""
    segments: list[Segment] = []
    for segment in line:
        text = ascii_only(segment.text) if signs is ASCII else segment.text
        segments.append(Segment(text[:width], segment.tone))
        width -= len(segments[-1].text)
    return tuple(segments)


def cut(text: str, width: int, signs: Signs) -> str:
    """`text` in at most `width` cells, its end left out if necessary."""
    if len(text) <= width:
        return text
    return (text[: max(0, width - len(signs.more))].rstrip() + signs.more)[:width]


def labels(names: Sequence[str], width: int, signs: Signs) -> dict[str, str]:
    """Each name in at most `width` cells. The common domain at the end is cut first, then the
    beginning: names mostly differ in between."""
    if max(map(len, names), default=0) <= width:
        return {name: name for name in names}
    ends = zip(*(reversed(name) for name in names), strict=False)
    same = takewhile(lambda signs: len(set(signs)) == 1, ends)
    ending = "".join(signs[0] for signs in same)[::-1]
    domain = ending[ending.find(".") :] if "." in ending and len(names) > 1 else ""
    return {name: _cut_front(name.removesuffix(domain), width, signs) for name in names}


def _cut_front(name: str, width: int, signs: Signs) -> str:
    if len(name) <= width:
        return name
    keep = max(0, width - len(signs.more))
    return (signs.more + name[len(name) - keep :])[:width]


def wrapped(text: str, width: int, rows: int, signs: Signs) -> list[str]:
    """`text` in at most `rows` lines of `width`, broken between words."""
    return fold(text, max(1, width, len(signs.more)), max_lines=rows, placeholder=signs.more)


def bar(share: float | None, signs: Signs) -> str:
    """A share, 0…1, as one character; any share above 0 is higher than the lowest."""
    if share is None:
        return signs.unknown
    top = len(signs.bars) - 1
    return signs.bars[min(top, max(0, ceil(share * top)))]


def counts_line(counts: Sequence[int], width: int, signs: Signs) -> str:
    """Counts over time, the newest at the right, scaled to the greatest; small counts stay low."""
    shown = counts[-width:]
    most = max(*shown, len(signs.bars)) if shown else 1
    return "".join(bar(count / most, signs) for count in shown).rjust(width)

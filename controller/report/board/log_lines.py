"""What happened, in lines that stand above the board."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.report.board.segments import Segment, Signs, TextLine, Tone, fitting, wrapped
from controller.report.sanitize import legible_line

TIME: Final = len("22:14:03  ")
NAME: Final = 20
"""Names up to this width have a column of their own."""
HANGING: Final = 60
"""From this width on a long sentence goes on under its beginning, not under its time."""
ROWS: Final = 10
"""No sentence takes more."""


@dataclass(frozen=True, slots=True)
class LogLine:
    wall: datetime
    member: str
    text: str
    tone: Tone


def told_lines(told: LogLine, width: int, name: int, signs: Signs) -> list[TextLine]:
    """One sentence, broken between words. `name`: cells of the longest member's name."""
    text, indent = legible_line(told.text), TIME
    head = [Segment(f"{told.wall:%H:%M:%S}".ljust(TIME), Tone.DIM)]
    if width >= HANGING and name <= NAME:
        indent += name + 2
        head.append(Segment(told.member.ljust(name + 2), Tone.ACTIVE))
    elif told.member:
        text = f"{told.member}: {text}"
    first, *rest = wrapped(text, width - indent, ROWS, signs) or [""]
    lines: list[TextLine] = [(*head, Segment(first, told.tone))]
    lines += [(Segment(" " * indent), Segment(line, told.tone)) for line in rest]
    return [fitting(line, width, signs) for line in lines]

"""Log lines above the board: what happened, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.legible import legible_line
from controller.report.board.segments import Segment, Signs, TextLine, Tone, fitting, wrapped
from controller.report.times import hour

TIME: Final = len("22:14:03  ")
NAME: Final = 20
"""Names up to this width have a column of their own."""
HANGING: Final = 60
"""From this width on, a long sentence continues under its beginning, not under its time."""
ROWS: Final = 10
"""No sentence takes more."""


@dataclass(frozen=True, slots=True)
class LogLine:
    wall: datetime
    member: str
    text: str
    tone: Tone


def log_lines(log: LogLine, width: int, name: int, signs: Signs) -> list[TextLine]:
    """One sentence, broken between words. `name`: cells of the longest member's name."""
    text, indent = legible_line(log.text), TIME
    head = [Segment(hour(log.wall).ljust(TIME), Tone.DIM)]
    if width >= HANGING and name <= NAME:
        indent += name + 2
        head.append(Segment(log.member.ljust(name + 2), Tone.ACTIVE))
    elif log.member:
        text = f"{log.member}: {text}"
    first, *rest = wrapped(text, width - indent, ROWS, signs) or [""]
    lines: list[TextLine] = [(*head, Segment(first, log.tone))]
    lines += [(Segment(" " * indent), Segment(line, log.tone)) for line in rest]
    return [fitting(line, width, signs) for line in lines]

"""What a board is drawn from, and the room that it has."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.report.board.recent import Past
from controller.report.board.segments import UNICODE, Signs

LOW: Final = 12
"""With fewer rows than this for the board, sentences are cut short, and the footer goes."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of the terminal, in cells."""

    width: int
    height: int

    @property
    def rows(self) -> int:
        """For the board. What happened stands above it: a third of a tall terminal, two rows of a
        low one."""
        return max(1, min(self.height - 2, max(18, self.height * 2 // 3)))


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a board shows."""

    at: Context
    past: Past
    wall: datetime
    commands: timedelta | None = None
    """What the upgrade commands took for one member the last time; None: not known."""
    footer: str = ""
    signs: Signs = field(default=UNICODE)

"""The input of the board: a state, recent history, and the size of the terminal."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.report.board.recent import Recent
from controller.report.board.segments import UNICODE, Signs

LOW: Final = 12
"""With fewer rows than this, sentences are cut short and the footer is left out."""


@dataclass(frozen=True, slots=True)
class Size:
    """Of the terminal, in cells."""

    width: int
    height: int

    @property
    def rows(self) -> int:
        """Rows for the board. The log above it gets a third of a tall terminal, two rows of a low
        one."""
        return max(1, min(self.height - 2, max(18, self.height * 2 // 3)))


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a board shows."""

    at: Context
    recent: Recent
    wall: datetime
    commands: timedelta | None = None
    """What the upgrade commands took for one member last time; None: not known."""
    footer: str = ""
    signs: Signs = field(default=UNICODE)

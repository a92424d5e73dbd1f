"""Tables whose column widths stay the same for a whole rollout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller.report.board.segments import Segment, TextLine, Tone

ROOMY: Final = 60
"""From this width on, columns are two cells apart."""


@dataclass(frozen=True, slots=True)
class Form:
    """Columns in order: name → width."""

    columns: Mapping[str, int]
    gap: int

    def line(self, cells: Mapping[str, Sequence[Segment]]) -> TextLine:
        """Pads short cells; none may be too long."""
        segments: list[Segment] = []
        for name, width in self.columns.items():
            cell = cells.get(name, ())
            room = width - sum(len(segment.text) for segment in cell) + self.gap
            segments += [*cell, Segment(" " * room)]
        return tuple(segments)

    def headings(self, words: Mapping[str, str]) -> TextLine:
        return self.line(
            {
                name: [Segment(word[: self.columns.get(name, 0)], Tone.DIM)]
                for name, word in words.items()
            }
        )


def form_of(width: int, last: str, least: int, **columns: int) -> Form:
    """The column `last` gets the remaining width, if that is at least `least` cells."""
    gap = 2 if width >= ROOMY else 1
    rest = width - sum(columns.values()) - gap * len(columns)
    return Form(columns | ({last: rest} if rest >= least else {}), gap)

"""Lays out the whole board in lines that fit a terminal."""

from typing import Final

from controller.report.board.gate_table import gate_lines, worst
from controller.report.board.gates import gates
from controller.report.board.head import head, rule
from controller.report.board.member_table import member_lines
from controller.report.board.members import members, needed
from controller.report.board.scene import LOW, Scene, Size
from controller.report.board.segments import Segment, TextLine, cut, fitting

SPACING: Final = 5
"""Rows that headings, blank lines and the rule take."""


def draw(scene: Scene, size: Size) -> list[TextLine]:
    """Never wider or higher than `size`. When rows run short, the most important stay: the state,
    the members in progress, the gate with the worst verdict."""
    above = head(scene, size)
    foot = [(Segment(cut(scene.footer, size.width, scene.signs)),)] if scene.footer else []
    foot = foot if size.rows >= LOW else []
    room = size.rows - len(above) - len(foot)
    every = gates(scene.at, scene.recent)
    wanted = needed(scene.at)
    spacing = SPACING + bool(foot)
    is_spaced = room - spacing >= wanted + max(1, len(every))
    room -= spacing if is_spaced else 0
    gate_rows = max(1, room // 3, room - wanted) if room > 1 else 0
    below = gate_lines(scene, worst(every, gate_rows), size.width, is_spaced=is_spaced)
    below = below if gate_rows else []
    shown = members(scene.at, scene.recent, room - len(below) + is_spaced)
    blank: list[TextLine] = [()] if is_spaced else []
    lines = [
        *([rule(scene, size.width)] if is_spaced else []),
        *above,
        *blank,
        *member_lines(scene, shown, size.width, is_spaced=is_spaced),
        *blank,
        *below,
        *(blank if foot else []),
        *foot,
    ]
    return [fitting(line, size.width, scene.signs) for line in lines[: size.rows]]

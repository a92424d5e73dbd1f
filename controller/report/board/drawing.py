"""The whole board, in lines that fit a terminal."""

from typing import Final

from controller.report.board.gate_table import gate_lines, worst
from controller.report.board.gates import gates
from controller.report.board.head import head, rule
from controller.report.board.member_table import member_lines
from controller.report.board.members import members, needed
from controller.report.board.scene import LOW, Scene, Size
from controller.report.board.segments import Segment, TextLine, cut, fitting

AIR: Final = 5
"""Rows that headings, blank lines and the rule take."""


def draw(scene: Scene, size: Size) -> list[TextLine]:
    """Never wider nor higher than `size` allows. What matters most stays longest: how it stands,
    the members in hand, the gate that stands worst."""
    above = head(scene, size)
    foot = [(Segment(cut(scene.footer, size.width, scene.signs)),)] if scene.footer else []
    foot = foot if size.rows >= LOW else []
    room = size.rows - len(above) - len(foot)
    every = gates(scene.at, scene.past)
    wanted = needed(scene.at)
    air = AIR + bool(foot)
    is_airy = room - air >= wanted + max(1, len(every))
    room -= air if is_airy else 0
    for_gates = max(1, room // 3, room - wanted) if room > 1 else 0
    said = gate_lines(scene, worst(every, for_gates), size.width, is_airy=is_airy)
    said = said if for_gates else []
    shown = members(scene.at, scene.past, room - len(said) + is_airy)
    blank: list[TextLine] = [()] if is_airy else []
    lines = [
        *([rule(scene, size.width)] if is_airy else []),
        *above,
        *blank,
        *member_lines(scene, shown, size.width, is_airy=is_airy),
        *blank,
        *said,
        *(blank if foot else []),
        *foot,
    ]
    return [fitting(line, size.width, scene.signs) for line in lines[: size.rows]]

"""The table of gates, one row each."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from controller.core.events import Verdict
from controller.report.board.gates import GateRow, limit_word
from controller.report.board.recent import SAMPLES, GateMark
from controller.report.board.scene import Scene
from controller.report.board.segments import Segment, Signs, TextLine, Tone, bar, cut
from controller.report.board.tables import Form, form_of

VALUE: Final = 8
LIMIT: Final = 16
"""The widest that a limit may be."""
HEADINGS: Final = {
    "gate": "gate",
    "value": "now",
    "limit": "limit",
    "marks": "last samples",
    "verdict": "verdict",
}
MARK_TONES: Final = {
    Verdict.PASS: Tone.PLAIN,
    Verdict.INCONCLUSIVE: Tone.DOUBT,
    Verdict.FAIL: Tone.BAD,
}


def worst(rows: Sequence[GateRow], room: int) -> Sequence[GateRow]:
    """The rows that fit; gates that fail or are inconclusive come first."""
    order = (Tone.BAD, Tone.DOUBT, Tone.GOOD, Tone.DIM)
    kept = sorted(range(len(rows)), key=lambda i: order.index(rows[i].tone))[:room]
    return [rows[i] for i in sorted(kept)]


def gate_lines(
    scene: Scene, rows: Sequence[GateRow], width: int, *, is_spaced: bool
) -> list[TextLine]:
    if not scene.at.plan.policies.gates:
        return [
            (Segment(cut("NO GATES: nothing stops a bad version", width, scene.signs), Tone.DOUBT),)
        ]
    form = _form(scene, width)
    lines = [form.headings(HEADINGS)] if is_spaced else []
    return lines + [_line(row, form, scene.signs) for row in rows]


def _form(scene: Scene, width: int) -> Form:
    every = scene.at.plan.policies.gates
    name = min(max(len("gate"), *(len(gate.name) for gate in every)), max(12, width // 5))
    limit = min(max(len("limit"), *(len(limit_word(gate)) for gate in every)), LIMIT)
    if width < 50:
        return form_of(width, "verdict", 0, gate=name, value=VALUE, limit=limit)
    marks = SAMPLES if width >= 90 else 12
    return form_of(width, "verdict", 0, gate=name, value=VALUE, limit=limit, marks=marks)


def _line(row: GateRow, form: Form, signs: Signs) -> TextLine:
    columns = form.columns
    return form.line(
        {
            "gate": [Segment(cut(row.gate, columns["gate"], signs))],
            "value": [Segment(row.value[:VALUE], row.tone)],
            "limit": [Segment(row.limit[: columns["limit"]], Tone.DIM)],
            "marks": _spark(row, columns.get("marks", 0), signs),
            "verdict": [Segment(cut(row.words, columns.get("verdict", 0), signs), row.tone)],
        }
    )


def _spark(row: GateRow, width: int, signs: Signs) -> list[Segment]:
    """Each sample in the colour of its verdict, the newest at the right."""
    shown = row.marks[-width:] if width else ()
    quiet = row.tone is Tone.DIM

    def tone(mark: GateMark) -> Tone:
        return Tone.DIM if quiet else MARK_TONES[mark.verdict]

    segments = [Segment(" " * (width - len(shown)))]
    for one, group in groupby(shown, key=tone):
        segments.append(Segment("".join(bar(mark.share, signs) for mark in group), one))
    return segments

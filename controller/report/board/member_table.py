"""The table of members, one row each."""

from collections.abc import Sequence
from typing import Final

from controller.core.decide.context import Context
from controller.report.board.members import MemberRows, Row
from controller.report.board.recent import COUNTS
from controller.report.board.scene import Scene
from controller.report.board.segments import (
    Segment,
    Signs,
    TextLine,
    Tone,
    counts_line,
    cut,
    labels,
)
from controller.report.board.tables import ROOMY, Form, form_of

PHASE: Final = 9
WIDE: Final = 75
"""From this width on the requests in flight are shown over time."""
HEADINGS: Final = {"member": "member", "phase": "phase", "age": "for", "flight": "in flight"}


def member_lines(scene: Scene, shown: MemberRows, width: int, *, is_spaced: bool) -> list[TextLine]:
    signs = scene.signs
    form = _form(scene.at, width)
    lines = [form.headings(HEADINGS)] if is_spaced else []
    every = [*scene.at.state.members, *scene.at.plan.left]
    names = labels(every, form.columns["member"], signs)
    wide = width >= WIDE
    lines += [_line(row, names[row.member], form, signs, is_wide=wide) for row in shown.rows]
    if shown.rest:
        lines.append((Segment(cut(f"{signs.more} and {shown.rest}", width, signs), Tone.DIM),))
    return lines


def _form(ctx: Context, width: int) -> Form:
    longest = max((len(name) for name in (*ctx.state.members, *ctx.plan.left)), default=0)
    name = min(max(longest, len("member")), max(8, width * 3 // 10))
    flight = 6 + COUNTS if width >= WIDE else 9
    age = 12 if width >= ROOMY else 6
    return form_of(width, "doing", 12, member=name, phase=PHASE, age=age, flight=flight)


def _line(row: Row, name: str, form: Form, signs: Signs, *, is_wide: bool) -> TextLine:
    quiet = Tone.DIM if row.tone is Tone.DIM else Tone.PLAIN
    flight = row.in_flight.rjust(5)
    if is_wide:
        flight += f" {counts_line(row.history, COUNTS, signs)}" if row.history else ""
    else:
        flight += f" {_trend(row.history, signs)}"
    age = f"{row.age} {row.limit}"
    if len(age) > form.columns["age"]:
        age = row.age
    bad = row.tone if row.tone is Tone.BAD else quiet
    return form.line(
        {
            "member": [Segment(name, row.tone)],
            "phase": [Segment(row.phase, row.tone)],
            "age": [Segment(age, quiet)],
            "flight": [Segment(flight, quiet)],
            "doing": [Segment(cut(row.doing, form.columns.get("doing", 0), signs), bad)],
        }
    )


def _trend(history: Sequence[int], signs: Signs) -> str:
    """Whether it was more, or less, a moment ago."""
    before, now = history[-4:-1], history[-1:]
    if not before or max(before) == now[0] == min(before):
        return ""
    if now[0] <= min(before):
        return signs.falling
    return signs.rising if now[0] >= max(before) else ""

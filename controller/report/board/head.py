"""The lines above the tables: progress, state, capacity against the floor, and users."""

from typing import Final

from controller.core.decide.context import Context
from controller.core.gates.figures import span, whole
from controller.report.board.eta import left_words, time_left
from controller.report.board.members import tally
from controller.report.board.scene import LOW, Scene, Size
from controller.report.board.segments import Segment, Signs, TextLine, Tone, cut, wrapped
from controller.report.board.state_line import (
    HALTED,
    ROLLING_BACK,
    StateLine,
    is_at_the_end,
    state_line,
)
from controller.report.board.users import users
from controller.report.members.roles import who_is_what

LABEL: Final = 9
"""Cells of a label and the gap after it."""
TINY: Final = 7
"""With fewer rows than this, no sentence takes more than one."""


def rule(scene: Scene, width: int) -> TextLine:
    title = cut(f" {scene.at.plan.name} ", max(0, width - 4), scene.signs)
    ahead = scene.signs.rule * 2
    rest = scene.signs.rule * max(0, width - len(ahead) - len(title))
    return (Segment(ahead, Tone.DIM), Segment(title, Tone.ACTIVE), Segment(rest, Tone.DIM))


def head(scene: Scene, size: Size) -> list[TextLine]:
    at, signs, width = scene.at, scene.signs, size.width
    now = state_line(at)
    serving, is_below = _floor(at)
    failing, how = users(at, scene.recent, scene.wall)
    progress = f"{tally(at)}; {_ahead(scene, now)}".removesuffix("; ")
    one, two, three = (1, 2, 3) if size.rows >= LOW else (1, 1, 2 if size.rows >= TINY else 1)
    return [
        *_labelled("members", progress, Tone.PLAIN, width, signs, two),
        *_labelled("state", _state(at, now), _state_tone(now), width, signs, three),
        *_labelled("floor", serving, Tone.BAD if is_below else Tone.PLAIN, width, signs, one),
        *_labelled("users", failing, how, width, signs, three if two > 1 else one),
    ]


def _floor(ctx: Context) -> tuple[str, bool]:
    """How many serve, and whether that is below the floor."""
    floor, serving = ctx.plan.min_available, ctx.without().serving
    if any(snapshot.at is None for snapshot in ctx.state.snapshots.values()):
        return f"not known yet; at least {floor} must serve", False
    when = " when last seen" if ctx.is_blind else ""
    verb = "served" if when else "serve"
    roles = f"; {told}" if (told := who_is_what(ctx.state)) else ""
    return f"{serving} {verb}{when}, at least {floor} must{roles}", serving < floor


def _ahead(scene: Scene, now: StateLine) -> str:
    if is_at_the_end(scene.at) or now.is_ending:
        return ""
    if not now.is_running:
        return "time left not known"
    return left_words(time_left(scene.at, scene.recent, scene.commands))


def _state(ctx: Context, now: StateLine) -> str:
    if not now.why:
        return f"{now.word} for {span(whole(ctx.now - ctx.state.began_at))}"
    return f"{now.word}: {now.why}"


def _state_tone(now: StateLine) -> Tone:
    if now.is_running:
        return Tone.PLAIN
    return Tone.BAD if now.word in (HALTED, ROLLING_BACK) else Tone.DOUBT


def _labelled(
    label: str, text: str, tone: Tone, width: int, signs: Signs, rows: int
) -> list[TextLine]:
    lines = wrapped(text, width - LABEL, rows, signs)
    return [
        (Segment((label if not i else "").ljust(LABEL), Tone.DIM), Segment(line, tone))
        for i, line in enumerate(lines)
    ]

"""What stands at the top: how it ended, when, by whom, and why it halted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.config import parse
from controller.core.events import Course
from controller.core.phases import Phase
from controller.core.settings import Settings
from controller.errors import ConfigurationError
from controller.ports import RolloutRow
from controller.report.page.story import Halt, Story
from controller.report.words import count, span

EXIT_CODES: Final = {
    0: "done, or nothing to do",
    3: "refused, nothing was touched",
    4: "halted by a gate",
    5: "halted by a member, the floor or a load balancer",
    7: "stopped by the operator or a signal",
}

NOT_KEPT: Final = "not kept in this journal; it was printed where the rollout ran"


@dataclass(frozen=True, slots=True)
class HaltLine:
    label: str
    """Empty where the line goes on with the one above."""
    text: str


@dataclass(frozen=True, slots=True)
class HaltMessage:
    time: str
    lines: tuple[HaltLine, ...]
    is_whole: bool
    """All lines as they were printed; else what the journal knows of them."""


@dataclass(frozen=True, slots=True)
class Header:
    outcome: str
    tone: str
    """`good`, `bad` or `open`."""
    why: str
    tally: str
    exit_code: str
    began: str
    ended: str
    duration: str
    by: str
    owner: str
    runbook: str
    halts: tuple[HaltMessage, ...]


def header(row: RolloutRow, story: Story) -> Header:
    finished = story.state.finished
    outcome = row.outcome or (finished.outcome if finished is not None else "unfinished")
    code = finished.exit_code if finished is not None else None
    if row.exit_code is not None:
        code = row.exit_code
    ended = row.ended or story.finished
    settings = _settings(row)
    return Header(
        outcome=outcome,
        tone={"done": "good", "unfinished": "open", "partly done": "open"}.get(outcome, "bad"),
        why=_why(story, outcome),
        tally=_tally(story),
        exit_code="none yet"
        if code is None
        else f"{code}: {EXIT_CODES.get(code, '')}".rstrip(": "),
        began=moment(row.started),
        ended=moment(ended) if ended else f"not yet; last record {moment(story.last)}",
        duration=span((ended or story.last) - row.started),
        by=row.by,
        owner=settings.owner if settings else "",
        runbook=settings.runbook if settings else "",
        halts=tuple(_message(halt) for halt in story.halts),
    )


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _why(story: Story, outcome: str) -> str:
    if outcome == "unfinished":
        return "at work, or cut off: `poolroll status` tells"
    finished = story.state.finished
    if finished is None or outcome == "halted":
        return ""
    return finished.why


def _tally(story: Story) -> str:
    phases = [m.phase for m in story.state.members.values()]
    done = [m.course for m in story.state.members.values() if m.phase is Phase.DONE]
    upgraded = done.count(Course.UPGRADE)
    parts = [f"{upgraded} of {count(len(phases), 'member')} upgraded and returned"]
    left = len(story.plan.left) + phases.count(Phase.LEFT)
    out = sum(1 for m in story.state.members.values() if m.is_away)
    for number, words in (
        (done.count(Course.ROLLBACK), "rolled back"),
        (phases.count(Phase.SKIPPED), "already there"),
        (out, "out because of us"),
        (phases.count(Phase.KEPT), "in rotation, unproven"),
        (left, "left out as found"),
    ):
        if number:
            parts.append(f"{number} {words}")
    return ", ".join(parts)


def _settings(row: RolloutRow) -> Settings | None:
    """Of the file as it was run; a file that this version does not understand has none."""
    try:
        return parse(row.file, row.path, row.sets).settings
    except ConfigurationError:
        return None


def _message(halt: Halt) -> HaltMessage:
    if halt.lines:
        lines = tuple(HaltLine(line[:10].strip(), line[10:].strip()) for line in halt.lines)
    else:
        lines = (
            HaltLine("SEEN", halt.event.seen),
            HaltLine("LIMIT", halt.event.limit),
            *_labelled("MEMBERS", halt.standings),
            HaltLine("USERS", NOT_KEPT),
            HaltLine("CAN WAIT", NOT_KEPT),
        )
    return HaltMessage(moment(halt.wall), lines, is_whole=bool(halt.lines))


def _labelled(label: str, texts: Sequence[str]) -> tuple[HaltLine, ...]:
    return tuple(HaltLine(label if i == 0 else "", text) for i, text in enumerate(texts))

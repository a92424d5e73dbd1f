"""The header of the page: how the rollout ended, when, by whom, and why it halted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from controller.config import RolloutFile
from controller.core.gates.figures import span
from controller.core.outcome import ExitCode, Outcome
from controller.journal.digest import Digest
from controller.journal.instead import Instead
from controller.records import RolloutRow
from controller.report.page.model import Halt, Story
from controller.report.run.halt import without_next
from controller.report.run.summary import tally
from controller.report.status.elapsed import since
from controller.report.status.history import in_order, outcomes
from controller.report.status.values import kept_file, kind, values, values_text

UNFINISHED: Final = "unfinished"

EXIT_CODES: Final[dict[int, str]] = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.REFUSED: "refused, nothing was touched",
    ExitCode.GATE: "halted by a gate",
    ExitCode.HALTED: "halted by a member, the floor or a load balancer",
    ExitCode.STOPPED: "stopped by the operator, a signal or the end of its window",
}

TONES: Final[dict[str, str]] = {
    Outcome.DONE: "good",
    UNFINISHED: "open",
    Outcome.PARTLY_DONE: "open",
    Outcome.PAUSED: "open",
}

NOT_KEPT: Final = "not kept in this journal; it was printed where the rollout ran"


@dataclass(frozen=True, slots=True)
class HaltLine:
    label: str
    """Empty where the line continues the one above."""
    text: str


@dataclass(frozen=True, slots=True)
class HaltMessage:
    time: str
    lines: tuple[HaltLine, ...]
    is_whole: bool
    """Whether these are the lines as printed; else only what the journal has."""
    is_past: bool
    """It needs no decision any more."""


@dataclass(frozen=True, slots=True)
class Header:
    kind: str
    values: str
    """Its variables; empty: none."""
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
    reason: str = ""
    ticket: str = ""
    head: str = ""
    """The hash of the last record; empty in journals of former versions."""


def header(row: RolloutRow, story: Story, digest: Digest, instead: Instead | None = None) -> Header:
    finished = story.state.finished
    outcome = row.outcome or (finished.outcome if finished is not None else UNFINISHED)
    code = finished.exit_code if finished is not None else None
    if row.exit_code is not None:
        code = row.exit_code
    ended = row.ended or story.finished
    file = kept_file(row)
    settings = file.settings if isinstance(file, RolloutFile) else None
    return Header(
        kind=kind(story.plan),
        values=values_text(values(row, file, story.plan)),
        outcome=_outcome(row, story, digest, instead),
        tone=TONES.get(outcome, "bad"),
        why=_why(story, outcome),
        tally=tally(story.plan, story.state, is_of_all=True),
        exit_code="none yet"
        if code is None
        else f"{code}: {EXIT_CODES.get(code, '')}".rstrip(": "),
        began=moment(row.started),
        ended=moment(ended) if ended else f"not yet; last record {moment(story.last)}",
        duration=span(_took(story, ended)),
        by=row.by,
        owner=settings.owner if settings else "",
        runbook=settings.runbook if settings else "",
        halts=tuple(_message(halt, halt.is_past or row.ended is not None) for halt in story.halts),
        reason=digest.runs[0].reason if digest.runs else "",
        ticket=digest.runs[0].ticket if digest.runs else "",
        head=digest.hash,
    )


def _outcome(row: RolloutRow, story: Story, digest: Digest, instead: Instead | None) -> str:
    """Those of all its processes; the last one may still run."""
    found = outcomes(row, digest, is_held=False)
    if row.outcome is None and story.state.finished is None:
        found[-1] = UNFINISHED
    return in_order(found, has_halted=digest.has_halted, instead=instead)


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _why(story: Story, outcome: str) -> str:
    if outcome == UNFINISHED:
        return "running, or cut off: see `poolroll status`"
    finished = story.state.finished
    if finished is None or outcome == Outcome.HALTED:
        return ""
    until = f"until {finished.until}: " if finished.until else ""
    return until + finished.why


def _took(story: Story, ended: datetime | None) -> timedelta:
    """See `elapsed`."""
    recorded = timedelta(seconds=story.runs[-1].end if story.runs else 0.0)
    return recorded + since(story.last, ended or story.last)


def _message(halt: Halt, is_past: bool) -> HaltMessage:
    if halt.lines:
        shown = without_next(halt.lines) if is_past else halt.lines
        lines = tuple(HaltLine(line[:10].strip(), line[10:].strip()) for line in shown)
    else:
        lines = (
            HaltLine("SEEN", halt.event.seen),
            HaltLine("LIMIT", halt.event.limit),
            *_labelled("MEMBERS", halt.statuses),
            HaltLine("USERS", NOT_KEPT),
            HaltLine("CAN WAIT", NOT_KEPT),
        )
    return HaltMessage(moment(halt.wall), lines, is_whole=bool(halt.lines), is_past=is_past)


def _labelled(label: str, texts: Sequence[str]) -> tuple[HaltLine, ...]:
    return tuple(HaltLine(label if i == 0 else "", text) for i, text in enumerate(texts))

"""A rollout in few words: what lists say of it, kept beside its records.

It goes on with each record, so that nobody reads those that it knows. An outcome that it has stays:
what came later is added."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from pydantic import TypeAdapter

from controller.core import events as e
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.errors import StateError
from controller.journal.codec import PLAN, decode
from controller.ports import Journal
from controller.records import Record, RolloutRow, Summary

CUT_OFF: Final = "cut off"


@dataclass(frozen=True, slots=True)
class RunDigest:
    """What one process did."""

    began: datetime
    by: str
    reason: str = ""
    ticket: str = ""
    halt: str = ""
    """What was seen at its first halt."""
    decisions: tuple[str, ...] = ()
    """What operators asked of it, in their order."""
    outcome: str = CUT_OFF
    exit_code: int | None = None
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """See above. `values`: what the variables were, secrets masked; None: not known here."""

    seq: int = 0
    hash: str = ""
    """Of the last record."""
    records: int = 0
    purpose: str | None = None
    values: Mapping[str, str] | None = None
    runs: tuple[RunDigest, ...] = ()
    cause: str = ""
    seen: str = ""
    """Of the newest halt."""
    took: timedelta = timedelta(0)
    """Until the last record."""
    wall: datetime | None = None
    """Of the last record."""
    at: Instant = field(default_factory=timedelta)

    @property
    def last(self) -> RunDigest | None:
        return self.runs[-1] if self.runs else None

    @property
    def outcomes(self) -> tuple[tuple[str, int | None], ...]:
        """Of all runs, in their order."""
        return tuple((run.outcome, run.exit_code) for run in self.runs)

    @property
    def has_halted(self) -> bool:
        return bool(self.seen)


def folded(digest: Digest, record: Record) -> Digest:
    """With one more record. Raises StateError."""
    is_run = record.kind == e.RunBegan.__name__
    took = digest.took
    if digest.wall is not None:
        between = is_run and bool(digest.runs)
        took += max(timedelta(0), record.wall - digest.wall) if between else record.at - digest.at
    digest = replace(
        digest,
        seq=record.seq,
        hash=record.hash,
        records=digest.records + 1,
        took=took,
        wall=record.wall,
        at=record.at,
    )
    if record.kind == PLAN:
        plan: Plan = decode(record.kind, record.body)
        return replace(digest, purpose=str(plan.purpose))
    return _after(digest, record) if record.kind in _TOLD else digest


_TOLD: Final = frozenset(
    kind.__name__
    for kind in (
        *(e.RunBegan, e.Halted, e.Finished),
        *(e.StopRequested, e.PauseRequested, e.ResumeRequested, e.AbortRequested),
    )
)


def _after(digest: Digest, record: Record) -> Digest:
    event: e.Event = decode(record.kind, record.body)
    if isinstance(event, e.RunBegan):
        run = RunDigest(record.wall, event.by, event.reason, event.ticket)
        return replace(digest, runs=(*digest.runs, run))
    last = digest.last or RunDigest(record.wall, "")
    match event:
        case e.Halted(cause, seen):
            digest = replace(digest, cause=str(cause), seen=seen)
            last = replace(last, halt=last.halt or seen)
        case e.Finished(outcome, code):
            last = replace(last, outcome=str(outcome), exit_code=int(code), ended=record.wall)
        case e.StopRequested(why):
            last = _decided(last, f"stopped ({why})")
        case e.PauseRequested(by):
            last = _decided(last, f"paused by {by}")
        case e.ResumeRequested(by, reason):
            last = _decided(last, f"resumed by {by}: {reason}")
        case e.AbortRequested(by):
            last = _decided(last, f"aborted by {by}")
        case _:
            pass
    return replace(digest, runs=(*digest.runs[:-1], last))


def _decided(run: RunDigest, what: str) -> RunDigest:
    return replace(run, decisions=(*run.decisions, what))


def digest_of(records: Iterable[Record], known: Digest | None = None) -> Digest:
    """Raises StateError."""
    digest = known if known is not None else Digest()
    for record in records:
        digest = folded(digest, record)
    return digest


async def digest_from(journal: Journal, row: RolloutRow) -> Digest:
    """What is kept of a rollout, and the records since. Raises StateError."""
    kept = await journal.summary(row.id)
    known = read_summary(kept) if kept is not None else None
    if row.pruned:
        return known if known is not None else Digest()
    after = known.seq if known is not None else 0
    return digest_of(await journal.records(row.id, after), known)


def summary_of(rollout: str, digest: Digest) -> Summary:
    return Summary(rollout, digest.seq, _adapter().dump_json(digest).decode())


def read_summary(kept: Summary) -> Digest:
    """Raises StateError."""
    try:
        return _adapter().validate_json(kept.body)
    except ValueError:
        raise StateError(f"journal: the summary of rollout {kept.rollout} is damaged") from None


@cache
def _adapter() -> TypeAdapter[Digest]:
    return TypeAdapter(Digest)

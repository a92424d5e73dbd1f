"""`history`: rollouts of the past, as JSON and as a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from controller.core.events import Finished, Halted, RunBegan
from controller.core.gates.figures import span
from controller.core.outcome import Outcome
from controller.core.plan.plan import Plan
from controller.journal.codec import PLAN, decode
from controller.legible import legible_line
from controller.records import Record, RolloutRow
from controller.report.status.elapsed import elapsed, since
from controller.report.status.values import kept_file, kind, values, values_text


def history_value(row: RolloutRow, records: Sequence[Record], *, is_held: bool) -> dict[str, Any]:
    """JSON-able; times are UTC, ISO 8601, durations in seconds. `is_held`: a process runs it now.
    Raises StateError."""
    plan = _plan(records)
    outcome, code, ended = row.outcome, row.exit_code, row.ended
    if outcome is None:
        outcome, code, ended = _at_rest(records)
        if is_held:
            outcome, code, ended = "running", None, None
    return {
        "id": row.id,
        "name": row.name,
        "purpose": kind(plan) if plan is not None else None,
        "values": values(row, kept_file(row), plan) if plan is not None else dict(row.sets),
        "started": row.started.isoformat(),
        "by": row.by,
        "outcome": outcome,
        "exit_code": code,
        "halt": _halt(records),
        "ended": ended.isoformat() if ended else None,
        "seconds": round(_took(records, row, ended).total_seconds(), 3),
    }


def _took(records: Sequence[Record], row: RolloutRow, ended: datetime | None) -> timedelta:
    """One that another run abandoned ended after its last record."""
    last = records[-1].wall if records else row.started
    return elapsed(records) + since(last, ended or last)


def _plan(records: Sequence[Record]) -> Plan | None:
    """None when the run was cut off before the plan was written."""
    if not records or records[0].kind != PLAN:
        return None
    plan: Plan = decode(PLAN, records[0].body)
    return plan


def _halt(records: Sequence[Record]) -> dict[str, str] | None:
    """The newest one, whatever came after it."""
    for record in reversed(records):
        if record.kind == Halted.__name__:
            halt: Halted = decode(record.kind, record.body)
            return {"cause": str(halt.cause), "seen": halt.seen}
    return None


def after_a_halt(outcome: str, has_halted: bool) -> str:
    """The outcome for people: a halt stays one, whatever an operator did then."""
    says_it = outcome in (Outcome.HALTED, Outcome.REFUSED)
    return f"{outcome} after a halt" if has_halted and not says_it else outcome


def _at_rest(records: Sequence[Record]) -> tuple[str, int | None, datetime | None]:
    """How the last process left an unfinished rollout."""
    for record in reversed(records):
        if record.kind == RunBegan.__name__:
            break
        if record.kind == Finished.__name__:
            finished: Finished = decode(record.kind, record.body)
            return finished.outcome, finished.exit_code, record.wall
    return "cut off", None, None


def history_lines(values: Sequence[dict[str, Any]]) -> list[str]:
    """A table, one line per rollout."""
    heads = ("ID", "KIND", "BEGAN (UTC)", "BY", "OUTCOME", "EXIT", "TOOK", "WITH")
    rows = [
        (
            legible_line(value["id"]),
            value["purpose"] or "-",
            f"{datetime.fromisoformat(value['started']):%Y-%m-%d %H:%M:%S}",
            legible_line(value["by"]),
            after_a_halt(value["outcome"], value["halt"] is not None),
            "-" if value["exit_code"] is None else str(value["exit_code"]),
            span(timedelta(seconds=value["seconds"])) + ("" if value["ended"] else " so far"),
            values_text(value["values"]),
        )
        for value in values
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]

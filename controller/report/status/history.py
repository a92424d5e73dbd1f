"""`history`: rollouts of the past, as JSON and as a table."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from controller.core.gates.figures import span
from controller.core.outcome import Outcome
from controller.journal.digest import CUT_OFF, Digest, RunDigest
from controller.journal.instead import Instead
from controller.legible import legible_line
from controller.records import RolloutRow
from controller.report.status.elapsed import since
from controller.report.status.values import VALUE_MOST, values_of_row, values_text
from controller.report.times import moment

RUNNING: Final = "running"
OUTCOMES: Final = 4
"""In one line of the table; JSON has all."""


def history_value(
    row: RolloutRow, digest: Digest, *, is_held: bool, instead: Instead | None = None
) -> dict[str, Any]:
    """JSON-able; times are UTC, ISO 8601, durations in seconds. `is_held`: a process runs it now.
    `instead`: what was begun in the place of an abandoned one.
    `outcome` is the last one; `runs` has that of each process, which nothing changes later."""
    is_held = is_held and row.outcome is None
    outcome, code, ended = row.outcome, row.exit_code, row.ended
    if outcome is None:
        last = digest.last or RunDigest(row.started, row.by)
        outcome, code, ended = last.outcome, last.exit_code, last.ended
        if is_held:
            outcome, code, ended = RUNNING, None, None
    began = digest.runs[0] if digest.runs else RunDigest(row.started, row.by)
    return {
        "id": row.id,
        "name": row.name,
        "purpose": digest.purpose,
        "values": _values(row, digest),
        "started": row.started.isoformat(),
        "by": row.by,
        "reason": began.reason,
        "ticket": began.ticket,
        "outcome": outcome,
        "exit_code": code,
        "halt": {"cause": digest.cause, "seen": digest.seen} if digest.has_halted else None,
        "ended": ended.isoformat() if ended else None,
        "seconds": round(_took(digest, row, ended).total_seconds(), 3),
        "outcomes": outcomes(row, digest, is_held=is_held),
        "instead": asdict(instead) if instead is not None else None,
        "runs": [_run(run) for run in digest.runs],
        "records": digest.records,
        "head": digest.hash,
        "pruned": json.loads(row.pruned) if row.pruned else None,
    }


def _values(row: RolloutRow, digest: Digest) -> dict[str, str]:
    """A former version did not sum them up."""
    if digest.values is not None:
        return dict(digest.values)
    return dict(row.sets) if digest.purpose is None else values_of_row(row, digest.purpose)


def _run(run: RunDigest) -> dict[str, Any]:
    return {
        "began": run.began.isoformat(),
        "by": run.by,
        "reason": run.reason,
        "ticket": run.ticket,
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "ended": run.ended.isoformat() if run.ended else None,
        "halt": run.halt,
        "decisions": list(run.decisions),
    }


def outcomes(row: RolloutRow, digest: Digest, *, is_held: bool) -> list[str]:
    """How each of its processes ended, and what became of it in the end; never rewritten."""
    found = [run.outcome for run in digest.runs] or [CUT_OFF]
    if is_held:
        found[-1] = RUNNING
    if row.outcome is not None and found[-1] != row.outcome:
        found.append(row.outcome)
    return found


def in_order(found: Sequence[str], *, has_halted: bool, instead: Instead | None = None) -> str:
    """Outcomes for people, without repetitions: a halt stays one, whatever came after it. One that
    was rolled back is not called abandoned."""
    if instead is not None:
        found = [instead.words if one == Outcome.ABANDONED else one for one in found]
    told = [one for n, one in enumerate(found) if n == 0 or one != found[n - 1]]
    if len(told) > OUTCOMES:
        told = [*told[:2], "…", told[-1]]
    if len(told) > 1 and told[0] == CUT_OFF and told[1] == Outcome.ABANDONED:
        told = told[1:]
    text = ", then ".join(told)
    says_it = any(one in (Outcome.HALTED, Outcome.REFUSED) for one in told)
    return f"{text} after a halt" if has_halted and not says_it else text


def _took(digest: Digest, row: RolloutRow, ended: datetime | None) -> timedelta:
    """One that another run abandoned ended after its last record."""
    last = digest.wall or row.started
    return digest.took + since(last, ended or last)


def why(reason: str, ticket: str) -> str:
    """Reason and ticket in one line; empty: neither was given."""
    text = ": ".join(filter(None, (ticket, reason)))
    return legible_line(text if len(text) <= VALUE_MOST else f"{text[:VALUE_MOST]}…")


def history_lines(values: Sequence[dict[str, Any]]) -> list[str]:
    """A table, one line per rollout."""
    has_why = any(value["reason"] or value["ticket"] for value in values)
    heads = ["ID", "KIND", "BEGAN", "BY", "OUTCOME", "EXIT", "TOOK"]
    heads += ["WHY"] * has_why + ["WITH"]
    rows = [_row(value, has_why=has_why) for value in values]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return [
        "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]


def _row(value: dict[str, Any], *, has_why: bool) -> list[str]:
    pruned = " (pruned)" if value["pruned"] else ""
    instead = Instead(**value["instead"]) if value["instead"] else None
    return [
        legible_line(value["id"]),
        value["purpose"] or "-",
        moment(datetime.fromisoformat(value["started"])),
        legible_line(value["by"]),
        in_order(value["outcomes"], has_halted=value["halt"] is not None, instead=instead) + pruned,
        "-" if value["exit_code"] is None else str(value["exit_code"]),
        span(timedelta(seconds=value["seconds"])) + ("" if value["ended"] else " so far"),
        *[why(value["reason"], value["ticket"])] * has_why,
        values_text(value["values"]),
    ]

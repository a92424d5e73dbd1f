"""`snapshots`: snapshots of members, as JSON and as a table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from controller.journal.saved import SavedMember, SavedState
from controller.legible import legible_line
from controller.report.times import moment


def snapshot_value(name: str, one: SavedMember) -> dict[str, Any]:
    """JSON-able; times are UTC, ISO 8601."""
    return {
        "id": one.id,
        "name": name,
        "rollout": one.rollout,
        "member": one.member,
        "state": str(one.state),
        "made": one.made.isoformat(),
        "by": one.by,
        "until": _iso(one.until),
        "changed": _iso(one.changed),
        "why": one.why,
    }


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None


def snapshot_lines(every: Mapping[str, Sequence[SavedMember]], now: datetime) -> list[str]:
    """`every`: by the name of their rollouts."""
    rows = [
        (one.id, one.member, one.rollout, str(one.state), f"{moment(one.made)} by {one.by}")
        for those in every.values()
        for one in those
    ]
    ends = [_end(one, now) for those in every.values() for one in those]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    lines = [
        "  ".join((*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)), end))
        for row, end in zip(rows, ends, strict=True)
    ]
    return [legible_line(line.rstrip()) for line in lines] or ["no snapshots"]


def _end(one: SavedMember, now: datetime) -> str:
    if one.state is SavedState.DROPPED:
        return f"at {moment(one.changed)}" if one.changed is not None else ""
    until = one.until
    if until is None:
        return "kept until somebody drops it"
    if now < until:
        return f"kept until {moment(until)}"
    return f"its time was over at {moment(until)}" + (f": {one.why}" if one.why else "")

"""Rows of the journal's tables as values, and back."""

from collections.abc import Sequence
from typing import Any, Final

from adapters import journal_text
from adapters.storage import codec
from controller.records import Record, RolloutRow, Taken

_ROLLOUT: Final = "id, name, file, path, sets, started, user, ended, outcome, exit_code"
CHAINED: Final = 3
"""The first version of the schema that has hashes."""


def rollout_columns(version: int) -> str:
    return f"{_ROLLOUT}, link, pruned" if version >= CHAINED else f"{_ROLLOUT}, '', ''"


def record_columns(version: int) -> str:
    hash_ = "hash" if version >= CHAINED else "NULL"
    return f"seq, rollout, wall, at, kind, body, {hash_}"


ROLLOUT_VALUES: Final = f"{_ROLLOUT}, link"
"""What is written of a new one."""


def rollout_values(row: RolloutRow) -> tuple[object, ...]:
    """Raises StateError."""
    return (
        row.id,
        row.name,
        journal_text.checked(row.file, "the rollout file"),
        journal_text.checked(row.path, "the path of the rollout file"),
        journal_text.checked(codec.encode_sets(row.sets), "what --set gave"),
        journal_text.encode_wall(row.started),
        row.by,
        journal_text.encode_wall(row.ended) if row.ended else None,
        row.outcome,
        row.exit_code,
        row.link,
    )


def rollout_of(row: Sequence[Any]) -> RolloutRow:
    """Raises StateError."""
    id_, name, file, path, sets, started, by, ended, outcome, exit_code, link, pruned = row
    with journal_text.reading(f"rollout {id_}"):
        return RolloutRow(
            id=id_,
            name=name,
            file=file,
            path=path,
            sets=codec.decode_sets(sets),
            started=journal_text.decode_wall(started),
            by=by,
            ended=journal_text.decode_wall(ended) if ended else None,
            outcome=outcome,
            exit_code=exit_code,
            link=link,
            pruned=pruned,
        )


def record_of(row: Sequence[Any]) -> Record:
    """Raises ValueError, TypeError."""
    seq, rollout, wall, at, kind, body, hash_ = row
    return Record(
        seq,
        rollout,
        journal_text.decode_wall(wall),
        journal_text.decode_instant(at),
        kind,
        body,
        hash=hash_.hex() if hash_ is not None else "",
    )


def taken_of(row: Sequence[Any]) -> Taken:
    """Raises StateError."""
    key, member, rollout, found = row
    with journal_text.reading(f"what was found of {member} ({key})"):
        return Taken(key, member, rollout, codec.decode_found(found))

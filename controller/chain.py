"""The hash chain of a journal: each record's hash is made of its own text and of the hash before.

A record that was changed, lost, doubled or moved breaks it. The first hash of a rollout is made of
what was run, and of the rollout of its name before it.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from controller.records import Record, RolloutRow

_MICROSECOND: Final = timedelta(microseconds=1)


def genesis(row: RolloutRow) -> str:
    """What a rollout's first record follows."""
    told = [row.id, row.name, row.file, row.path, sorted(row.sets.items()), _wall(row.started)]
    return _hash([*told, row.by, row.link])


def following(former: str, record: Record) -> str:
    """The hash of a record that follows the one with the hash `former`."""
    at = record.at // _MICROSECOND
    return _hash([former, record.rollout, _wall(record.wall), at, record.kind, record.body])


def head(row: RolloutRow, records: Iterable[Record]) -> str:
    """The hash after `records`, all of a rollout's; those of former versions have none of their
    own."""
    last = genesis(row)
    for record in records:
        last = following(last, record)
    return last


def link(former: RolloutRow | None, hash_: str) -> str:
    """What a rollout says of the one of its name before it, which ended with `hash_`."""
    return f"{former.id} {hash_}" if former is not None else ""


def _wall(wall: datetime) -> str:
    return wall.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(told: list[object]) -> str:
    return sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()

"""Encodes values as text for ConfigMaps, and decodes them. Pure."""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.kubernetes.client.objects import Json
from controller.core.pool import Instant
from controller.errors import StateError
from controller.records import RolloutRow

MAX_BYTES: Final = 1024 * 1024
"""The longest text in the journal, encoded; as text is packed, it fits into one ConfigMap."""

_MICROSECOND: Final = timedelta(microseconds=1)


def checked(text: str, what: str) -> str:
    """`text`, if it can be stored. Raises StateError when it is too long or not text."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise StateError(f"journal: {what} holds bytes that are not UTF-8") from None
    if size > MAX_BYTES:
        raise StateError(f"journal: {what} is {size} bytes long, {MAX_BYTES} is the limit")
    return text


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns decoding errors of what somebody has changed into StateError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, zlib.error) as error:
        raise StateError(f"journal: {what} is damaged: {error}") from error


def as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode_instant(at: Instant) -> int:
    """Microseconds."""
    return at // _MICROSECOND


def decode_instant(microseconds: int) -> Instant:
    return timedelta(microseconds=microseconds)


def encode_wall(wall: datetime) -> str:
    """ISO 8601, in UTC. Raises ValueError for a time without a zone."""
    if wall.tzinfo is None:
        raise ValueError("a civil time in the journal has a zone")
    return wall.astimezone(UTC).isoformat(timespec="microseconds")


def decode_wall(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def encode_row(row: RolloutRow) -> Json:
    """Without the text of its file, which stands in its first chunk."""
    return {
        "id": row.id,
        "name": row.name,
        "path": checked(row.path, "the path of the rollout file"),
        "sets": dict(row.sets),
        "started": encode_wall(row.started),
        "by": row.by,
        "ended": encode_wall(row.ended) if row.ended else None,
        "outcome": row.outcome,
        "exit_code": row.exit_code,
    }


def decode_row(raw: Mapping[str, Any], file: str = "") -> RolloutRow:
    return RolloutRow(
        id=str(raw["id"]),
        name=str(raw["name"]),
        file=file,
        path=str(raw["path"]),
        sets={str(key): str(value) for key, value in raw["sets"].items()},
        started=decode_wall(raw["started"]),
        by=str(raw["by"]),
        ended=decode_wall(raw["ended"]) if raw["ended"] else None,
        outcome=raw["outcome"],
        exit_code=raw["exit_code"],
    )

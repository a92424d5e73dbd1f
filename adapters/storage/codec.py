"""Encodes values as text for the database, and decodes them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.core.pool import Found, FoundLine, Instant, LineKey
from controller.errors import StateError

MAX_BYTES = 1024 * 1024
"""The longest text in the journal, encoded: enough for a rollout file of 10,000 members, and small
enough to notice a fault that writes without end."""

_MICROSECOND = timedelta(microseconds=1)


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
    """Turns decoding errors of a damaged row into StateError."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise StateError(f"journal: {what} is damaged: {error}") from error


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


def encode_sets(sets: Mapping[str, str]) -> str:
    return json.dumps(dict(sets))


def decode_sets(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()}


def encode_found(found: Found) -> str:
    return json.dumps(
        [
            {
                "instance": line.key.instance,
                "backend": line.key.backend,
                "weight": line.weight,
                "keep": dict(line.keep),
            }
            for line in found.lines
        ]
    )


def decode_found(text: str) -> Found:
    """Raises ValueError, KeyError or TypeError for anything `encode_found` did not write: a weight
    that was guessed would be restored."""
    lines = []
    for raw in json.loads(text):
        weight, keep = raw["weight"], _keep(raw)
        if type(weight) is not int or any(type(value) is not str for value in keep.values()):
            raise ValueError("weight must be a whole number, and what is kept must be text")
        key = LineKey(str(raw["instance"]), str(raw["backend"]))
        lines.append(FoundLine(key, weight, keep))
    return Found(tuple(lines))


def _keep(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 kept whether an agent check was on, and nothing else."""
    if "agent" not in raw:
        if type(raw["keep"]) is not dict:
            raise ValueError("what is kept must have names")
        return dict(raw["keep"])
    if type(raw["agent"]) is not bool:
        raise ValueError("agent must be true or false")
    return {"agent": "on"} if raw["agent"] else {}

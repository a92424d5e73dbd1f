"""Values of the journal as text, whatever it is kept in. Pure."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from controller.core.pool import Instant
from controller.errors import StateError

MAX_BYTES: Final = 1024 * 1024
"""The longest text in the journal, encoded: enough for a rollout file of 10,000 members, and small
enough to notice a fault that writes without end. Packed, it fits into one ConfigMap."""

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

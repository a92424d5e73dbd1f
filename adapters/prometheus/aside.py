"""Work on large answers, beside the event loop: gates are judged and drains are watched meanwhile.

A thread is enough where the interpreter may change over to another: Python's parser of JSON, in C,
holds it from the first byte to the last, unless it calls a function of ours now and then.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, TypeVar

T = TypeVar("T")

SMALL: Final = 64 * 1024
"""Bytes of an answer that are worked on in place: a millisecond or two."""
_MOST_LISTS: Final = 300_000
_MOST_VALUES: Final = 2_000_000
"""Of an answer: more is no answer to any question of ours, and lists are made without a pause."""


async def aside(work: Callable[[], T], size: int) -> T:
    """`work` on an answer of so many bytes. A call that is cancelled ends in its thread."""
    return work() if size <= SMALL else await asyncio.to_thread(work)


def parsed(body: bytes) -> Any:
    """Raises ValueError, RecursionError."""
    if len(body) <= SMALL:
        return json.loads(body)
    if body.count(b"[") > _MOST_LISTS or body.count(b",") > _MOST_VALUES:
        raise ValueError("too many values")
    return json.loads(body, object_hook=_same, parse_float=_float, parse_int=_int)


def _same(value: dict[str, Any]) -> dict[str, Any]:
    return value


def _float(text: str) -> float:
    return float(text)


def _int(text: str) -> int:
    return int(text)

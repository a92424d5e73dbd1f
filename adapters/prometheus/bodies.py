"""The body of a reply: bounded, and unpacked where a server compresses without being asked."""

import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

from adapters.prometheus.aside import SMALL, aside
from adapters.prometheus.faults import Unanswered
from adapters.prometheus.words import one_line
from controller.core.gates.evidence import Missing

_MOST: Final = 4 << 20
"""Bytes: a gate needs one number, and an endless reply must not block."""
_MOST_RULES: Final = 32 << 20
"""The same, for the list of all alerting rules."""
_PACKED: Final[Mapping[str, int]] = {
    "gzip": 16 + zlib.MAX_WBITS,
    "x-gzip": 16 + zlib.MAX_WBITS,
    "deflate": zlib.MAX_WBITS,
}
"""Content coding → format of zlib (RFC 9110, section 8.4.1)."""


async def read_body(chunks: AsyncIterator[bytes], headers: Mapping[str, str], path: str) -> bytes:
    """`path`: of the question, like `query`. Raises Unanswered."""
    most = _MOST_RULES if path == "rules" else _MOST
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return bytes(body)
    if coding not in _PACKED:
        words = f"its answer is compressed in a way that was not asked for ({one_line(coding)})"
        raise Unanswered(Missing.FAILED, words)
    packed = bytes(body)
    return await aside(lambda: _unpacked(packed, coding, most), SMALL + 1)


def _unpacked(body: bytes, coding: str, most: int) -> bytes:
    try:
        plain = _inflated(body, _PACKED[coding], most)
    except zlib.error:
        if coding != "deflate":
            raise _broken() from None
        try:
            plain = _inflated(body, -zlib.MAX_WBITS, most)  # without the header of zlib
        except zlib.error:
            raise _broken() from None
    if len(plain) > most:
        raise _too_large(most)
    return plain


def _inflated(body: bytes, window: int, most: int) -> bytes:
    packed = zlib.decompressobj(window)
    plain = packed.decompress(body, most + 1)
    if not packed.eof and len(plain) <= most:
        raise zlib.error
    return plain


def _broken() -> Unanswered:
    return Unanswered(Missing.FAILED, "its compressed answer cannot be unpacked", is_passing=True)


def _too_large(most: int) -> Unanswered:
    words = f"its answer is larger than {most >> 20} MiB: the query matches too much"
    return Unanswered(Missing.FAILED, words)

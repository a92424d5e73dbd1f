"""An answer that comes bit by bit."""

from collections.abc import AsyncGenerator
from typing import Final

from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.wire.transport import Answer
from adapters.kubernetes.client.words import not_the_api

_REFUSALS: Final = 64 * 1024
"""Bytes read of an answer that refuses a watch."""


async def lines_of(call: Call, answer: Answer, longest: int) -> AsyncGenerator[bytes]:
    """Whole ones; a piece at the end is of a connection that was cut."""
    left = bytearray()
    async for chunk in answer.chunks:
        left += chunk
        while (end := left.find(b"\n")) >= 0:
            line = bytes(left[:end]).strip()
            del left[: end + 1]
            if line:
                yield line
        if len(left) > longest:
            raise not_the_api(call, f"an event larger than {longest >> 20} MiB")


async def start_of(answer: Answer) -> bytes:
    body = bytearray()
    async for chunk in answer.chunks:
        body += chunk
        if len(body) > _REFUSALS:
            break
    return bytes(body)

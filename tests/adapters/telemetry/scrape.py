"""What a scraper does: ask, and read the text format."""

import asyncio
import os
import socket
from contextlib import suppress

from prometheus_client.parser import text_string_to_metric_families

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(text: str) -> Series:
    """(name, labels) → value, of a page that must be valid and hold no series twice."""
    found: Series = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        for one in family.samples:
            key = (one.name, frozenset(one.labels.items()))
            assert key not in found
            found[key] = one.value
    return found


def value(found: Series, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def labels_of(found: Series, name: str) -> list[dict[str, str]]:
    return [dict(labels) for one, labels in found if one == name]


def state_of(found: Series, rollout: str = "web") -> list[str]:
    """The states that are 1."""
    return [
        dict(labels)["state"]
        for (name, labels), on in found.items()
        if name == "poolroll_rollout_state" and on == 1 and ("rollout", rollout) in labels
    ]


def quiet_address() -> tuple[str, int]:
    """A free port at a loopback address of this process alone: nobody takes it meanwhile."""
    pid = os.getpid()
    host = f"127.9.{pid >> 8 & 255}.{pid & 255 or 1}"
    with socket.socket() as place:
        place.bind((host, 0))
        return host, place.getsockname()[1]


async def talk(host: str, port: int, request: bytes) -> bytes:
    """The whole answer to `request`; empty where there was none."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def scraped(host: str, port: int) -> Series:
    """Raises OSError while nobody listens."""
    answer = await talk(host, port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    assert b"\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n" in head + b"\r\n"
    return series(body.decode())

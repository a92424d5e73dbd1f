"""Command lines and their replies (HAProxy management guide, section 9.3). Pure.

A line holds commands joined by `; `. The replies come back in that order, each closed by an empty
line; a successful setting is answered by the empty line alone, an error by free text
without a code (measured with 2.6 and 2.8). `show stat` is CSV, and what a check said stands in it
in quotes, empty lines and all (measured with 2.6).
"""

import re
from collections.abc import Sequence

from controller.errors import (
    BalancerError,
    BalancerTimeout,
    CommandRefused,
    NoSuchBackend,
    NoSuchMember,
    PermissionTooLow,
    Unsupported,
    WeightRefused,
)

Command = tuple[str, ...]
"""The words of one command."""

_NAME = r"[A-Za-z0-9_.:-]+"
_WORD = re.compile(f"{_NAME}(?:/{_NAME})?|#[0-9]+", re.ASCII)
"""Names of proxies and servers contain only these characters (configuration manual, section 2), and
`#` begins the number of a proxy. Characters that could start a second command or a payload (`;`,
white space, `<<`, backslash) are not among them."""

_LINE_LIMIT = 7_000
"""Bytes. HAProxy takes a line into one buffer (`tune.bufsize`, 16,384 by default, and sometimes
made smaller)."""

_SEVERITY = re.compile(r"\[(?:[0-7]|emerg|alert|crit|err|warning|notice|info|debug)\]: ", re.ASCII)
"""Begins every message of a socket with `severity-output` (configuration manual, 3.1)."""

_TABLE = "# pxname,"
"""Begins the reply to every `show stat`."""

_TEXT_LIMIT = 200
"""Characters of a refusal that are shown: the rest is a list of commands."""

_ERRORS: tuple[tuple[str, type[BalancerError]], ...] = (
    ("Permission denied", PermissionTooLow),
    ("No such server.", NoSuchMember),
    ("No such backend.", NoSuchBackend),
    ("No such proxy.", NoSuchBackend),
    ("Can't find backend.", NoSuchBackend),
    ("Backend is using a static LB algorithm", WeightRefused),
)


def line_of(instance: str, commands: Sequence[Command]) -> bytes:
    """The commands as one line. Raises CommandRefused for what must not be sent."""
    for command in commands:
        for word in command:
            if not _WORD.fullmatch(word):
                raise CommandRefused(
                    instance,
                    f"not sent: {word!r} contains characters that no HAProxy backend or server "
                    "name has",
                )
    line = "; ".join(" ".join(command) for command in commands).encode() + b"\n"
    if len(line) > _LINE_LIMIT:
        raise CommandRefused(
            instance, f"not sent: {len(commands)} commands are too long for one line"
        )
    return line


def lines_for(commands: Sequence[Command], room: int = _LINE_LIMIT) -> list[tuple[Command, ...]]:
    """The commands in order, on as few lines as have room for them."""
    lines: list[list[Command]] = [[]]
    used = 0
    for command in commands:
        length = len("; ") + sum(len(word) + 1 for word in command)
        if lines[-1] and used + length > room:
            lines.append([])
            used = 0
        lines[-1].append(command)
        used += length
    return [tuple(line) for line in lines]


def split_replies(text: str) -> tuple[list[str], bool]:
    """The replies without their severities and their closing empty lines, and whether the last
    one was closed."""
    replies = []
    start = 0
    while start < len(text):
        if text[start] == "\n":
            replies.append("")
            start += 1
            continue
        severity = _SEVERITY.match(text, start)
        start = severity.end() if severity else start
        end = _end_of(text, start)
        if end < 0:
            return replies, False
        replies.append(text[start:end])
        start = end + 2
    return replies, True


def _end_of(text: str, start: int) -> int:
    """Where the reply that begins at `start` ends, or -1. An empty line within quotes, of which
    there are then an odd number before it, is part of a table."""
    end = text.find("\n\n", start)
    if not text.startswith(_TABLE, start):
        return end
    quotes, counted = 0, start
    while end >= 0:
        quotes += text.count('"', counted, end)
        if quotes % 2 == 0:
            return end
        counted, end = end, text.find("\n\n", end + 1)
    return end


def refusal(instance: str, command: Command, text: str) -> BalancerError:
    """The error that a reply of HAProxy stands for."""
    said = " ".join(text.split())[:_TEXT_LIMIT]
    asked = " ".join(command)
    kind = next((kind for sign, kind in _ERRORS if said.startswith(sign)), CommandRefused)
    if kind is PermissionTooLow:
        said = f"{said} (the socket needs `level admin`)"
    return kind(instance, f"{asked}: {said or 'no answer'}")


def silence(instance: str, heard: str, seconds: float) -> BalancerError:
    """The error for a connection that was not closed in time, after `heard`.

    A master process (`-S`, management guide, section 9.4) knows none of our commands, lists its
    own, and waits for more.
    """
    if heard.startswith("Unknown command") and "show proc " in heard:
        return Unsupported(
            instance,
            "this is the socket of a master process, which has no servers; "
            "name a `stats socket` of the configuration",
        )
    return BalancerTimeout(instance, f"no complete answer within {seconds:g} s")

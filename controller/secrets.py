"""The secrets of one rollout, by value: whatever becomes text for people or for a disk is masked by
them. Pure.

What a secret may look like by its form (`controller.redaction`) is a second net: it catches what
nobody named. A secret that is shorter than `SHORTEST` is not looked for, since words would be
masked all over; one that is shorter than `LONG` is masked where it is a word of its own.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import quote, quote_plus

from controller.legible import plain
from controller.redaction import MASK, discreet

SHORTEST: Final = 4
LONG: Final = 8

_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
"""As `html.escape` writes them; that module holds all names of HTML, half a MiB."""
_SCHEMES: Final = frozenset({"authorization:", "negotiate"})
"""Words of a header that are no secret; shorter ones are not looked for."""


@dataclass(frozen=True)
class Secrets:
    values: frozenset[str] = field(default=frozenset(), repr=False)
    names: frozenset[str] = frozenset()
    """Variables of the environment that hold one of them."""

    def masked(self, text: str) -> str:
        """With `***` for every secret, in whatever way it is written there, and for what looks like
        one. A colour in the middle of a secret hides it from nobody who reads it."""
        return discreet(self.hidden(plain(self.hidden(text))))

    def hidden(self, text: str) -> str:
        """With `***` for every secret alone: for text whose form must stay."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def with_more(self, more: Iterable[str]) -> "Secrets":
        return Secrets(self.values.union(more), self.names)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        """The longest first: one may begin like another."""
        ways = {way for value in self.values for way in _ways(value) if len(way) >= SHORTEST}
        parts = [_part(way) for way in sorted(ways, key=lambda way: (-len(way), way))]
        return re.compile("|".join(parts)) if parts else None


NONE: Final = Secrets()


def _part(way: str) -> str:
    if len(way) >= LONG:
        return re.escape(way)
    return rf"(?<![^\W_]){re.escape(way)}(?![^\W_])"


def _ways(value: str) -> Iterator[str]:
    """How a secret may be written in a text: as it is, by its lines and longer words, and as what
    programs make of it."""
    whole = value.strip()
    lines = [line.strip() for line in whole.splitlines()]
    words = [word for word in whole.split() if word.lower() not in _SCHEMES]
    for one in {whole, *(part for part in (*lines, *words) if len(part) >= LONG)}:
        yield one
        yield from _written(one)


def _written(value: str) -> Iterator[str]:
    """In an address, JSON, HTML, a shell, a rollout file, or a header."""
    yield from (quote(value, safe="", errors="replace"), quote_plus(value, errors="replace"))
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield json.dumps(json.dumps(value)[1:-1])[1:-1]
    yield from (repr(value)[1:-1], value.translate(_HTML), value.replace("$", "$$"))
    yield from (value.replace("'", "'\"'\"'"), value.replace("'", "'\\''"))
    raw = value.encode("utf-8", "surrogatepass")
    if len(raw) >= LONG:
        yield from (base64.b64encode(raw).decode(), base64.b64encode(raw).decode().rstrip("="))
        yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
        yield from (raw.hex(), raw.hex().upper())

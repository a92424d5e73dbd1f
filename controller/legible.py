"""Makes text from other programs safe to print: outputs of commands, names, reasons.

Control sequences and signs that change the direction of text could make a line say what it does
not say.
"""

import re
from typing import Final

_SEQUENCES: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])"
)
"""Terminal control sequences (ECMA-48, sections 5.3 and 5.4; OSC as xterm has it)."""

_VISIBLE: Final = (
    {code: 0x2400 + code for code in range(0x20)}  # control pictures, Unicode block 2400
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
    | dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
)
_HALVES: Final = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which stand for bytes that are no text: no stream takes them."""
_IN_BLOCK: Final = {code: to for code, to in _VISIBLE.items() if code not in (0x09, 0x0A)}


def plain(text: str) -> str:
    """Without control sequences, like those of colours."""
    return _SEQUENCES.sub("", text)


def legible(text: str) -> str:
    """For a block of several lines: line ends and tabs stay."""
    return _whole(plain(text)).replace("\r\n", "\n").replace("\r", "\n").translate(_IN_BLOCK)


def legible_line(text: str) -> str:
    """For one line of a terminal."""
    return _whole(plain(text)).translate(_VISIBLE)


def _whole(text: str) -> str:
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)


def as_json_text(text: str) -> str:
    """JSON whose signs a terminal would obey are escaped: it means the same."""
    return "".join(rf"\u{ord(sign):04x}" if _is_odd(sign) else sign for sign in text)


def _is_odd(sign: str) -> bool:
    return ord(sign) in _IN_BLOCK or 0xD800 <= ord(sign) < 0xE000


_SPELLED: Final = str.maketrans(
    {
        "…": "...",
        "→": "->",
        "·": "-",
        "–": "-",
        "—": "-",
        "─": "-",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "×": "x",
        "≤": "<=",
        "≥": ">=",
    }
)


def ascii_only(text: str) -> str:
    """For terminals that show ASCII only: known signs are spelled out, others become `?`."""
    return text.translate(_SPELLED).encode("ascii", "replace").decode("ascii")

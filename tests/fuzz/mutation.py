"""Replies that nobody would send: others taken apart, with what is known to hurt put in."""

from collections.abc import Sequence
from random import Random
from typing import Final

HURTFUL: Final = (
    *(b"-oProxyCommand=id", b"-1", b"0x1", b"1e999", b"NaN", b"9" * 5000, b"18446744073709551616"),
    *(b"\x1b[2J", b"\xff\xfe", b"\xc2\x9b", "\u202e".encode(), b"\0", b"\n", b"\n\n", b'"', b"\\"),
    *(b"null", b"{}", b"[]", b'""', b"true", b"1.5", b"[" * 500, b'{"a":' * 300, b";", b",", b" "),
    *(b"4294967296", b"-9223372036854775809", "\u0663".encode(), b"\\ud800", b"2024-13-01T"),
)


def mutated(seed: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to six changes of `seed`."""
    text = seed
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(text) + 1)
        to = min(len(text), at + random.choice((1, 1, 3, 10, 60)))
        match random.randrange(6):
            case 0:
                text = text[:at] + random.choice(HURTFUL) + text[to:]
            case 1:
                text = text[:at] + text[to:]
            case 2:
                text = text[:to] + text[at:]
            case 3:
                text = text[:at] + bytes([random.randrange(256)]) + text[at + 1 :]
            case 4:
                text = _word_for_word(text, random)
            case _:
                other = random.choice(others)
                start = random.randrange(len(other) + 1)
                text = text[:at] + other[start : start + 40] + text[to:]
    return text[:200_000]


def _word_for_word(text: bytes, random: Random) -> bytes:
    """A whole cell or value by something hurtful: most of the form stays."""
    for sign in random.sample((b",", b" ", b":", b'"', b"\n"), 5):
        words = text.split(sign)
        if len(words) > 2:
            words[random.randrange(len(words))] = random.choice(HURTFUL)
            return sign.join(words)
    return text

"""Texts that show nothing, and characters that show something else than they are. Pure."""

import unicodedata
from collections.abc import Iterator
from typing import Final

_FILLERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that are drawn as nothing (Unicode, "Default_Ignorable_Code_Point"; U+2800 is
the pattern of Braille without a dot)."""

_ALIKE: Final = frozenset(
    "\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u201c\u201d\u2024\u2044"
    # Cyrillic
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    # Greek
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03bd\u03bf\u03c1"
)
"""Dashes, quotes, and letters that look like those of ASCII (Unicode Technical Standard 39)."""


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen."""
    return all(sign.isspace() or _is_invisible(sign) for sign in text)


def odd_signs(text: str) -> Iterator[str]:
    """Names of the characters in `text` that cannot be seen, or that pass for another one."""
    for word in text.split():
        foreign = any(not sign.isascii() and not _is_alike(sign) for sign in word)
        for sign in dict.fromkeys(word):
            # A word in its own script is a word; one of look-alikes alone is none.
            if _is_invisible(sign) or (_is_alike(sign) and not foreign):
                yield named(sign)
    yield from (named(sign) for sign in dict.fromkeys(text) if sign.isspace() and sign not in " \n")


def _is_alike(sign: str) -> bool:
    """Also the full-width and the mathematical forms of ASCII."""
    return sign in _ALIKE or unicodedata.decomposition(sign).startswith(("<wide>", "<font>"))


def _is_invisible(sign: str) -> bool:
    return sign in _FILLERS or unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cn")


def named(sign: str) -> str:
    """A character that cannot be shown, for people."""
    return f"U+{ord(sign):04X} {unicodedata.name(sign, '')}".rstrip()

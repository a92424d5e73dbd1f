"""The number that a question printed, read so that no unit and no date is ever taken for one."""

import re
from typing import Final

LONGEST: Final = 40
"""Characters of a number. A longer run of digits is none that anybody meant."""

_PARTS: Final = re.compile(r"[\s=()\[\]{}<>\"'`;|]+|(?<=[A-Za-z]):")
"""Between two words."""
_FIGURE: Final = re.compile(r"[+-]?\.?[0-9]")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?")


def last_number(text: str) -> float | str:
    """The last word that begins like a number, as one; the word itself where it is more than a
    number, like `5.0G` or `2026-11-27`; empty where nothing looks like one. A percentage is one."""
    for word in reversed(_PARTS.split(text)):
        bare = word.rstrip(".,:%")
        if _FIGURE.match(bare):
            is_number = len(bare) <= LONGEST and _NUMBER.fullmatch(bare)
            return float(bare) if is_number else bare[:LONGEST]
    return ""

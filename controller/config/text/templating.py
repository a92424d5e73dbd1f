"""`${name}` in texts: finding the names, and filling them in. Nothing is evaluated. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"\$\$|\$\{([^{}$]*)\}|\$\{")


@dataclass(frozen=True, slots=True)
class Mention:
    """One `${…}`."""

    name: str | None
    """None: it is never closed."""
    offset: int
    """Of the name, in characters into the text."""


def mentions(text: str) -> Iterator[Mention]:
    for match in _TOKEN.finditer(text):
        if match.group() != "$$":
            yield Mention(match.group(1), match.start() + 2)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Every `${name}` by its value, `$$` by a dollar; a lone `$` stays.

    Filled-in values are not expanded again. Raises KeyError with the name that has no value.
    """

    def filled(match: re.Match[str]) -> str:
        return "$" if match.group() == "$$" else values[match.group(1) or ""]

    return _TOKEN.sub(filled, text)

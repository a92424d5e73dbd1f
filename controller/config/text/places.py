"""Paths to the keys of a rollout file, and their places (line, column) in its text."""

from dataclasses import dataclass

Trail = tuple[str | int, ...]
"""From the top of the file to a value: keys of mappings and indexes of lists."""

MAX_SHOWN = 60
"""Longest piece of the user's text that is repeated in a message, in characters."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Both from 1."""

    line: int
    column: int


def dotted(trail: Trail) -> str:
    """Like `drain.timeout` or `gates[0].max`; what cannot be printed is escaped."""
    text = ""
    for part in trail:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + printable(part)
    return text


def printable(text: str) -> str:
    """`text` on one line: bounded in length, control characters escaped."""
    short = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in short
    )


def shown(value: object) -> str:
    """A value as a message names it. Not for values that may be secret."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{printable(value)}"'
        case int() | float():
            return printable(str(value)) if abs(value) < 10**15 else "this number"
        case _:
            return kind(value)


def kind(value: object) -> str:
    """What a value is, without the value itself."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "a mapping"

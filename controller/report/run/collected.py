"""What `collect` fetched since the newest halt: of each member that failed, and how that differs
from a good one's. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from typing import Final

from controller.core.events import Collected
from controller.legible import legible

DIFFERENCE: Final = 400
"""Lines of one difference: more is read better side by side."""

LINES: Final = 2_000
"""Lines of one output that are compared: it takes the square of the time."""


@dataclass(frozen=True, slots=True)
class Thing:
    member: str
    title: str
    """Which thing it is, and how it ended."""
    output: str
    good: str = ""
    """The member that it is compared with."""
    difference: tuple[str, ...] = ()
    """A unified one, from the good member's to this one's."""


def things(events: Iterable[Collected]) -> list[Thing]:
    """Of each member that failed, in the order in which it was fetched; then the good one's."""
    newest = {(one.member, one.index): one for one in events}
    good = {one.index: one for one in newest.values() if one.member != one.beside}
    failed = [one for one in newest.values() if one.member == one.beside]
    return [_thing(one, good.get(one.index)) for one in (*failed, *good.values())]


def _thing(one: Collected, good: Collected | None) -> Thing:
    title = f"{one.name} {one.detail}"
    if good is None or good is one:
        return Thing(one.member, title, one.output)
    return Thing(one.member, title, one.output, good.member, tuple(_difference(good, one)))


def _difference(good: Collected, one: Collected) -> list[str]:
    was, now = (text.output.splitlines()[:LINES] for text in (good, one))
    found = list(
        islice(unified_diff(was, now, good.member, one.member, lineterm=""), DIFFERENCE + 1)
    )
    return found if len(found) <= DIFFERENCE else [*found[:DIFFERENCE], "[… more is left out …]"]


def collected_lines(found: Sequence[Thing], member: str | None = None) -> list[str]:
    """Each thing under its title, for a terminal."""
    lines: list[str] = []
    for one in found:
        if member in (None, one.member):
            lines += [f"== {one.member}: {one.title}", *legible(one.output).splitlines()]
            if one.difference:
                lines += [f"== {one.member} beside {one.good}"]
                lines += legible("\n".join(one.difference)).splitlines()
    return lines

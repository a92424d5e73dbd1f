"""Members of whom the same is said, in one line: two hundred hosts that are down are one thing to
know, and hide what else there is."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

MOST: Final = 5
"""Lines of one kind that are all shown, and names of the others in the one line of more."""


def alike(said: Sequence[tuple[str, str]], hosts: Mapping[str, str]) -> dict[str, str]:
    """`said`: member, and what is said of it; `hosts`: what else it may be called there. Returned:
    member → its line, which counts and names those of the same kind; these are left out."""
    places = dict(enumerate(said))
    return {places[at][0]: line for at, line in sorted(_folded(places, hosts).items())}


def _folded(said: Mapping[int, tuple[str, str]], hosts: Mapping[str, str]) -> dict[int, str]:
    """Place → its line; of many of one kind the first, which counts and names the others."""
    kept: dict[int, str] = {}
    for places in _grouped({at: _kind(*one, hosts) for at, one in said.items()}).values():
        if len(places) <= MOST:
            kept |= {at: said[at][1] for at in places}
            continue
        first, *others = places
        kept[first] = said[first][1] + _and_of([said[at][0] for at in others])
    return kept


def _kind(member: str, line: str, hosts: Mapping[str, str]) -> str:
    return _without(_without(line, hosts.get(member, member)), member)


def _without(line: str, name: str) -> str:
    """Whole words only: a member may be called `1`."""
    return re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", "", line)


def _and_of(others: Sequence[str]) -> str:
    named = ", ".join(others[:MOST]) + (", …" if len(others) > MOST else "")
    return f" (the same of {len(others)} others: {named}; each with --verbose)"


def reasons_in_short(
    reasons: Sequence[str], hosts: Mapping[str, str], *, is_verbose: bool
) -> list[str]:
    """Reasons to refuse; those of one member begin with its name. Members with the same reasons,
    all of them, are one line; where they have only one in common, that is."""
    if is_verbose:
        return list(reasons)
    whose = {at: name for at, one in enumerate(reasons) if (name := _whose(one)) in hosts}
    of = _grouped(whose)
    every = {name: "\n".join(_kind(name, reasons[at], hosts) for at in of[name]) for name in of}
    shown = {at: one for at, one in enumerate(reasons) if at not in whose}
    alone: dict[int, tuple[str, str]] = {}
    for names in _grouped(every).values():
        first, *others = names
        if len(names) > MOST and len(of[first]) > 1:
            whole = _joined(first, [reasons[at] for at in of[first]])
            shown[of[first][0]] = whole + _and_of(others)
        else:
            alone |= {at: (name, reasons[at]) for name in names for at in of[name]}
    shown |= _folded(dict(sorted(alone.items())), hosts)
    return [shown[at] for at in sorted(shown)]


def _whose(reason: str) -> str:
    return reason.partition(" ")[0].rstrip(":")


def _grouped(kinds: Mapping[T, str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for one, kind in kinds.items():
        groups.setdefault(kind, []).append(one)
    return groups


def _joined(name: str, reasons: Sequence[str]) -> str:
    first, *others = reasons
    return "; ".join([first, *(one.removeprefix(f"{name}: ") for one in others)])

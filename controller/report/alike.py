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
    kinds: dict[str, list[tuple[str, str]]] = {}
    for member, line in said:
        kinds.setdefault(_kind(member, line, hosts), []).append((member, line))
    kept: dict[str, str] = {}
    for kind in kinds.values():
        if len(kind) <= MOST:
            kept.update(kind)
            continue
        (first, line), *others = kind
        kept[first] = line + _and_of([member for member, _ in others])
    return {member: kept[member] for member, _ in said if member in kept}


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
    of: dict[str, list[int]] = {}
    for at, name in whose.items():
        of.setdefault(name, []).append(at)
    every = {name: "\n".join(_kind(name, reasons[at], hosts) for at in of[name]) for name in of}
    shown: dict[int, str] = dict(enumerate(reasons))
    alone: list[int] = []
    for names in _grouped(every).values():
        if len(names) <= MOST or len(of[names[0]]) == 1:
            alone += [at for name in names for at in of[name]]
            continue
        for gone in (at for name in names for at in of[name]):
            del shown[gone]
        first, *others = names
        shown[of[first][0]] = _joined(first, [reasons[at] for at in of[first]]) + _and_of(others)
    for same in _grouped(
        {at: _kind(whose[at], reasons[at], hosts) for at in sorted(alone)}
    ).values():
        if len(same) > MOST:
            one, *more = same
            shown[one] += _and_of([whose[at] for at in more])
            for at in more:
                del shown[at]
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

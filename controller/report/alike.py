"""Members of whom the same is said, in one line: two hundred hosts that are down are one thing to
know, and hide what else there is."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

MOST: Final = 5
"""Lines of one kind that are all shown, and names of the others in the one line of more."""


def alike(said: Sequence[tuple[str, str]], hosts: Mapping[str, str]) -> dict[str, str]:
    """`said`: member, and what is said of it; `hosts`: what else it may be called there. Returned:
    member → its line, which counts and names those of the same kind; these are left out."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for member, line in said:
        same = _without(_without(line, hosts.get(member, member)), member)
        kinds.setdefault(same, []).append((member, line))
    kept: dict[str, str] = {}
    for kind in kinds.values():
        if len(kind) <= MOST:
            kept.update(kind)
            continue
        (first, line), *others = kind
        named = ", ".join(member for member, _ in others[:MOST])
        more = ", …" if len(others) > MOST else ""
        count = f"the same of {len(others)} others"
        kept[first] = f"{line} ({count}: {named}{more}; each with --verbose)"
    return {member: kept[member] for member, _ in said if member in kept}


def _without(line: str, name: str) -> str:
    """Whole words only: a member may be called `1`."""
    return re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", "", line)


def reasons_in_short(
    reasons: Sequence[str], hosts: Mapping[str, str], *, is_verbose: bool
) -> list[str]:
    """Reasons to refuse; those of one member begin with its name."""
    by_member = {}
    for reason in reasons:
        name = reason.partition(" ")[0].rstrip(":")
        if name in hosts and name not in by_member:
            by_member[name] = reason
    if is_verbose:
        return list(reasons)
    short = alike(list(by_member.items()), hosts)
    whose = {reason: name for name, reason in by_member.items()}
    lines = (short.get(whose[one]) if one in whose else one for one in reasons)
    return [line for line in lines if line is not None]

"""One page for several rollouts: each writes its own lines and keeps those of the others. Pure.

The names of rollouts need no quoting, and within the value of a label a quotation mark is always
behind a backslash, so a line tells by itself whose it is.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

_WHOSE: Final = re.compile(r'[{,]rollout="([a-z0-9-]{1,63})"')

Keeps = Callable[[str, str], bool]
"""Takes a metric and the rollout that a former line is about."""


def merged(former: str, fresh: str, keeps: Keeps | None = None) -> str:
    """`fresh`, with those lines of `former` that are about other rollouts; all lines of a metric
    stand together (Prometheus, "Exposition formats"). `keeps`: for lines about its own too."""
    now, whose = _samples(fresh), {rollout for _, rollout, _ in _lines(fresh)}
    kept = [
        (name, line)
        for name, rollout, line in _lines(former)
        if rollout not in whose or (keeps is not None and keeps(name, rollout))
    ]
    heads = _heads(former) | _heads(fresh)
    text = ""
    for name in dict.fromkeys([*now, *(name for name, _ in kept)]):
        samples = dict.fromkeys([*now.get(name, ()), *(line for one, line in kept if one == name)])
        text += heads.get(name, "") + "".join(f"{line}\n" for line in samples)
    return text


def _lines(page: str) -> Iterable[tuple[str, str, str]]:
    """Metric, rollout and the line itself, of each that is about a rollout."""
    for line in page.splitlines():
        found = None if line.startswith("#") else _WHOSE.search(line)
        if found is not None:
            yield line.partition("{")[0], found[1], line


def _samples(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in _heads(page)}
    for name, _, line in _lines(page):
        found.setdefault(name, []).append(line)
    return found


def _heads(page: str) -> dict[str, str]:
    """Metric → its lines of comment."""
    heads: dict[str, str] = {}
    for line in page.splitlines():
        words = line.split(" ", 3)
        if words[:2] in (["#", "HELP"], ["#", "TYPE"]) and len(words) > 3:
            heads[words[2]] = f"{heads.get(words[2], '')}{line}\n"
    return heads

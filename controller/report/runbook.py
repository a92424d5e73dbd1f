"""The runbook's entry for a halt, found by the words of SEEN and LIMIT in its heading."""

import re
from collections.abc import Sequence
from typing import Final

from controller.core.events import Cause, Halted

ENTRY: Final = re.compile(r"^### (.*)$", re.MULTILINE)
GATE: Final = "gate 'NAME'"
LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def entry(runbook: str, halt: Halted) -> list[str]:
    """Its lines, without what is only for a web page; empty where there is none."""
    said = f"{halt.seen}\n{halt.limit}"
    found = [one for one in _entries(runbook) if one[0] in said]
    if not found and halt.cause is Cause.GATE:
        found = [one for one in _entries(runbook) if one[0].startswith(GATE)]
    if not found:
        return []
    heading, text = max(found, key=lambda one: len(one[0]))
    return [f"“{heading}”", *_plain(text)]


def _entries(runbook: str) -> Sequence[tuple[str, str]]:
    parts = ENTRY.split(runbook)[1:]
    return [
        (heading.strip("` "), re.split(r"^## ", text, flags=re.MULTILINE)[0])
        for heading, text in zip(parts[::2], parts[1::2], strict=True)
    ]


def _plain(text: str) -> list[str]:
    """One line for each paragraph: whoever prints them wraps them."""
    text = LINK.sub(r"\1", text).strip()
    lines: list[str] = []
    for line in text.splitlines():
        is_new = not lines or not line.strip() or line.startswith(("**", "- ", "|"))
        if is_new or not lines[-1].strip():
            lines.append(line.rstrip())
        else:
            lines[-1] += f" {line.strip()}"
    return [re.sub(r"\*\*([^*]+)\*\*", lambda found: found[1].upper(), line) for line in lines]

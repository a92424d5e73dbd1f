"""What a command said last: where it says why it failed."""

import re
from typing import Final

LINES: Final = 3
"""A tool that fails often ends with a line or two of advice, after the one that says why."""

LENGTH: Final = 200
"""Characters of each line that are told. Its end: a long line begins with times and paths."""

MOST: Final = LINES * (LENGTH + len(" / "))

_SEQUENCES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Colours and movements of a terminal (ECMA-48, section 5.4)."""


def said_last(output: str) -> str:
    """The last lines of `output` with letters in them, as one; empty when there is nothing. Of a
    line that was written over, like a progress bar, the last state."""
    lines = [_at_last(line) for line in _SEQUENCES.sub("", output).split("\n")]
    worded = [line for line in lines if any(map(str.isalpha, line))]
    return " / ".join(map(_end, worded[-LINES:] or [line for line in lines if line][-1:]))


def _at_last(line: str) -> str:
    states = [state.strip() for state in line.split("\r") if state.strip()]
    return states[-1] if states else ""


def _end(line: str) -> str:
    return line if len(line) <= LENGTH else f"…{line[1 - LENGTH :]}"

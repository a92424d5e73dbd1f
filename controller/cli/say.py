"""Printing to standard output, which may be a narrow terminal, or a closed one."""

import contextlib
import sys
from collections.abc import Callable, Iterable
from shutil import get_terminal_size
from textwrap import wrap

Footer = Callable[[], str]
"""What is said below the live board; it may change all the time."""


def say(*lines: str) -> None:
    """Print lines; a closed terminal is ignored, since the exit code still says how it ended."""
    with contextlib.suppress(OSError):
        print("\n".join(lines), flush=True)


def fitted(lines: Iterable[str]) -> list[str]:
    """Wrap lines to the width of the terminal. Not for commands: copied from a terminal, they
    would contain the line breaks."""
    if not sys.stdout.isatty():
        return list(lines)
    width = get_terminal_size().columns
    return [part for line in lines for part in folded(line, width)]


def folded(line: str, width: int) -> list[str]:
    """Wrap one line; continuation lines are indented by two more columns."""
    indent = " " * min(len(line) - len(line.lstrip()) + 2, width // 2)
    parts = wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return parts or [""]

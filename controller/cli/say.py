"""Words on standard output, which may be a narrow terminal, or one that is gone."""

import contextlib
import sys
from collections.abc import Callable, Iterable
from shutil import get_terminal_size
from textwrap import wrap

Footer = Callable[[], str]
"""What is said below the live board; it may change all the time."""


def say(*lines: str) -> None:
    """Whoever listened may have left: the exit code still tells."""
    with contextlib.suppress(OSError):
        print("\n".join(lines), flush=True)


def fitted(lines: Iterable[str]) -> list[str]:
    """Broken between words where standard output is a terminal that is not wide enough. Not for
    commands: what is copied from a terminal holds the breaks."""
    if not sys.stdout.isatty():
        return list(lines)
    width = get_terminal_size().columns
    return [part for line in lines for part in folded(line, width)]


def folded(line: str, width: int) -> list[str]:
    """What goes on stands two cells further in."""
    indent = " " * min(len(line) - len(line.lstrip()) + 2, width // 2)
    parts = wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return parts or [""]

"""Printing to standard output, which may be a narrow terminal, a stopped one, or a closed one."""

import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from shutil import get_terminal_size
from textwrap import wrap
from typing import Final

from controller.cli import last_words
from controller.cli.fit import fit
from controller.cli.writer import Writer
from controller.ports import Clock

Footer = Callable[[], str]
"""What is said below the live board; it may change all the time."""

PATIENCE: Final = 2.0
"""Seconds that a reader gets to take what is said, before other work goes on."""

LAST_PATIENCE: Final = timedelta(minutes=1)
EVERY: Final = timedelta(milliseconds=50)

_writer: Writer | None = None


def output() -> Writer:
    """The writer of standard output."""
    global _writer
    if _writer is None or _writer.stream is not sys.stdout:
        _writer = Writer(sys.stdout)
    return _writer


def say(*lines: str) -> None:
    """Print lines. A closed terminal is ignored, since the exit code still says how it ended; a
    stopped one gets the lines later."""
    writer = output()
    writer.write(*map(fit, lines))
    writer.wait(PATIENCE)


def say_last(*lines: str) -> None:
    """The same, of what a run says at its end: see `last_words`."""
    last_words.note(*lines)
    say(*lines)


async def until_taken(clock: Clock, is_over: Callable[[], bool]) -> None:
    """Who reads the last lines gets more time, unless `is_over`: they say what to do next."""
    until = clock.now() + LAST_PATIENCE
    while not (output().wait(0) or is_over() or clock.now() >= until):
        await clock.sleep(EVERY)


def fitted(lines: Iterable[str]) -> list[str]:
    """Wrap lines to the width of the terminal. Not for commands: copied from a terminal, they
    would contain the line breaks."""
    if not sys.stdout.isatty():
        return list(lines)
    width = get_terminal_size().columns
    return [part for line in lines for part in folded(line, width)]


COMMAND: Final = "poolroll "
LABEL: Final = 10
"""Columns of a label like `MEMBERS`, and the room after it."""


def fitted_report(lines: Iterable[str]) -> list[str]:
    """The same for what a run or `status` says at the end, in which commands stand on lines of
    their own: these are left whole, whatever the width."""
    if not sys.stdout.isatty():
        return list(lines)
    width = get_terminal_size().columns
    return [part for line in lines for part in folded_report(line, width)]


def folded_report(line: str, width: int) -> list[str]:
    if COMMAND in line or len(line) <= width:
        return [line]
    is_labelled = line[:1].isupper() and line[: LABEL - 1].rstrip().isupper()
    return folded(line, width, LABEL if is_labelled else None)


def folded(line: str, width: int, hanging: int | None = None) -> list[str]:
    """Wrap one line; continuation lines are indented by two more columns, or by `hanging`."""
    columns = len(line) - len(line.lstrip()) + 2 if hanging is None else hanging
    indent = " " * min(columns, width // 2)
    parts = wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return parts or [""]

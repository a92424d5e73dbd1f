"""The console script. It answers `--help` and `--version` from a text file: loading click takes
three times as long as starting Python."""

import os
import sys
from pathlib import Path
from typing import Final

from controller import __version__
from controller.cli import interrupts, last_words

HELP: Final = Path(__file__).with_name("help.txt")
"""The output of `poolroll --help` at 80 columns; a test compares it with the commands."""


def entry() -> None:
    """Only a bug shows a traceback (exit 1)."""
    if interrupts.ACTING.intersection(sys.argv[1:2]):
        interrupts.prepare()
        last_words.begin(sys.argv[1:], os.environ)
    text = _known(sys.argv[1:])
    if text is None or not _is_printed(text):
        _run_command()


def _run_command() -> None:
    # httpx's own command line, which loads all that it shows its answers with.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # absent, as the import system says it
    try:
        from controller.cli.main import entry as main
    except interrupts.Interrupted:  # while libraries are loaded
        os.write(2, b"stopped; nothing was touched\n")
        last_words.note("stopped; nothing was touched")
        last_words.leave(7)
        os._exit(7)
    main()


def _known(arguments: list[str]) -> str | None:
    match arguments:
        case ["--help" | "-h"]:
            return HELP.read_text("ascii")
        case ["--version"]:
            return f"poolroll, version {__version__}\n"
        case _:
            return None


def _is_printed(text: str) -> bool:
    """Whether standard output accepted it. The whole command reports errors of the stream, so
    nothing may be left in a buffer."""
    left = text.encode("ascii")
    try:
        while left:
            left = left[os.write(1, left) :]
    except OSError:
        return False
    return True

"""The console script. `--help` and `--version` are answered from a text: loading the library that
makes it takes three times as long as starting Python."""

import os
import sys
from pathlib import Path
from typing import Final

from controller import __version__

HELP: Final = Path(__file__).with_name("help.txt")
"""What `poolroll --help` says at 80 columns; a test holds it to what the commands say."""


def entry() -> None:
    """Only a bug shows a traceback (exit 1)."""
    text = _known(sys.argv[1:])
    if text is None or not _is_printed(text):
        from controller.cli.main import entry as main

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
    """Whether standard output took it. What is wrong with it is said by the whole command, so
    nothing may be left in a buffer."""
    left = text.encode("ascii")
    try:
        while left:
            left = left[os.write(1, left) :]
    except OSError:
        return False
    return True

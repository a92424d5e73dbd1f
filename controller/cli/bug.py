"""An error of our own, told once everything else was."""

import contextlib
import traceback

from controller.cli.show import show
from controller.core.outcome import ExitCode
from controller.redaction import discreet


def tell_bug(error: BaseException) -> ExitCode:
    """Print its traceback; the exit code. What it says may hold a secret (S12)."""
    text = "".join(traceback.format_exception(error))
    with contextlib.suppress(OSError):
        show(f"\nthis is a bug in poolroll:\n{discreet(text)}", err=True, nl=False)
    return ExitCode.BUG

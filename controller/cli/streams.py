"""Closed or full standard streams."""

import contextlib
import errno
import io
import os
import sys
from typing import Final, cast

_MODES: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))
"""By descriptor (stdin(3))."""


class _Output(io.TextIOWrapper):
    """Remembers a write error."""

    fault: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self.fault = error
            raise

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self.fault = error
            raise


def prepare() -> None:
    """Open `/dev/null` in place of a closed standard stream, as daemons have, and record write
    errors on standard output.

    With a stream closed, the next file that is opened gets its descriptor, the journal for one,
    and what is printed goes into that (SQLite, "How To Corrupt An SQLite Database File", 2.1).
    """
    for descriptor, (name, mode) in enumerate(_MODES):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: `descriptor` itself
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode, closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper):
        out = sys.stdout
        encoding, errors, is_by_line = out.encoding, out.errors, out.line_buffering
        raw = cast("io.BufferedWriter", out.detach())
        sys.stdout = _Output(raw, encoding, errors, line_buffering=is_by_line)


_fault: OSError | None = None


def missed(stream: object, error: OSError) -> None:
    """What was to be written to `stream` is lost. A reader that has gone wants nothing more."""
    global _fault
    if stream is sys.stdout and error.errno not in (errno.EPIPE, errno.EIO):
        _fault = error


def lost() -> OSError | None:
    """Why something was lost that was written without a stream's buffer, if it was."""
    return _fault


def output_fault() -> OSError | None:
    """The error of writing to standard output, if any."""
    return sys.stdout.fault if isinstance(sys.stdout, _Output) else None


def leave() -> None:
    """Flush the standard streams at exit. Output that cannot be written is dropped, without a
    message from the interpreter and without a change of the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())

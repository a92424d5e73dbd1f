"""Writing to a terminal or a pipe from a thread: who says something never waits for the reader.

A terminal that is stopped (Ctrl-S), or a pipe that nobody reads, takes nothing for as long as it
likes, while users may meet a bad version. The thread writes to the descriptor itself: with a
buffered stream it would hold a lock of the interpreter, at which the process could not end.
"""

import os
import select
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, TextIO

from controller.cli import streams

WAITING: Final = 1000
"""Lines that wait for the reader; the oldest are dropped."""

LeftOut = Callable[[int], str]
"""The line that says how many lines were dropped."""


def left_out(count: int) -> str:
    """For people."""
    return f"{count} lines left out: the terminal did not accept output for a while"


def put(stream: TextIO, text: str) -> bool:
    """Write `text`, however long the reader takes; errors end nothing, since the reader may have
    gone: they are noted. Nothing of it stays in a buffer. Whether all was written."""
    with suppress(ValueError):
        try:
            _put(stream, text)
        except OSError as error:
            streams.missed(stream, error)
        else:
            return True
    return False


def _put(stream: TextIO, text: str) -> None:
    try:
        descriptor = stream.fileno()
    except OSError:  # in memory
        stream.write(text)
        stream.flush()
        return
    rest = text.encode(stream.encoding or "utf-8", stream.errors or "replace")
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:  # another process has made the terminal non-blocking
            select.select((), (descriptor,), ())


class Writer:
    """Writes lines to `stream` in their order. Its thread begins with the first line."""

    def __init__(self, stream: TextIO, say_left_out: LeftOut = left_out) -> None:
        self.stream = stream
        self.has_failed = False
        """The last lines could not be written."""
        self._say_left_out = say_left_out
        self._lines: deque[str] = deque(maxlen=WAITING)
        self._left_out = 0
        self._is_writing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, *lines: str, end: str = "\n") -> None:
        """Takes the lines, without their ends; never waits."""
        with self._changed:
            for line in lines:
                self._left_out += len(self._lines) == WAITING
                self._lines.append(line + end)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Whether all is written, at the latest after that time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle, seconds)

    @property
    def _is_idle(self) -> bool:
        return not self._lines and not self._is_writing

    def _work(self) -> None:
        while True:
            is_written = put(self.stream, "".join(self._next()))
            with self._changed:
                self.has_failed = not is_written
                self._is_writing = False
                self._changed.notify_all()

    def _next(self) -> Sequence[str]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._lines))
            lines = list(self._lines)
            self._lines.clear()
            if self._left_out:
                lines.insert(0, f"{self._say_left_out(self._left_out)}\n")
                self._left_out = 0
            self._is_writing = True
            return lines

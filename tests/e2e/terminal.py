"""The command at a terminal, as an operator has it before them."""

import codecs
import fcntl
import os
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.command import Done, started
from tests.support.glass import Glass
from tests.support.waiting import until

HOME = "\x1b[H"
"""The cursor to the upper left (ECMA-48, section 8.3.21, CUP)."""


class Terminal:
    """A pseudo-terminal (pty(7)) with the command on it."""

    def __init__(
        self,
        argv: tuple[str, ...],
        size: tuple[int, int] | None,
        stdin: int | None,
        stdout: int | None,
        **env: str,
    ) -> None:
        self._master, slave = os.openpty()
        self._glass = Glass(*(size or (200, 50)))
        if size is not None:
            self._set_size(*size)
        os.set_blocking(self._master, False)
        try:
            self._process = started(
                argv,
                stdin=slave if stdin is None else stdin,
                stdout=slave if stdout is None else stdout,
                stderr=slave,
                env={"TERM": "xterm", "LC_ALL": "C.UTF-8"}
                | ({} if size is not None else {"COLUMNS": "200"})
                | env,
            )
        finally:
            os.close(slave)
        self._seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._shown = 0
        self._is_fresh = True
        self._is_open = True

    def _set_size(self, width: int, height: int) -> None:
        # struct winsize: rows, columns, and two fields that nobody uses (ioctl_tty(2)).
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width: int, height: int) -> None:
        """Another size. What was shown is lost, and what was on its way: only what is painted on a
        fresh screen is seen."""
        self._shown = len(self.screen)
        self._is_fresh = False
        self._set_size(width, height)
        self._glass = Glass(width, height)

    @property
    def glass(self) -> Glass:
        """What stands on the screen."""
        seen = self.screen
        if not self._is_fresh:
            home = seen.find(HOME, self._shown)
            if home < 0:
                return self._glass
            self._shown, self._is_fresh = home, True
        self._glass.feed(seen[self._shown :].replace("\r\n", "\n"))
        self._shown = len(seen)
        return self._glass

    @property
    def screen(self) -> str:
        """All that was printed so far."""
        # EAGAIN: nothing new; EIO: nobody has the other end any more (Linux, pty(7)).
        with suppress(OSError):
            while chunk := os.read(self._master, 65536):
                self._seen += self._decoder.decode(chunk)
        return self._seen

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    async def until_shows(self, text: str) -> None:
        await until(lambda: text in self.screen, 20, f"the terminal to show {text!r}", every=0.02)

    async def until_stands(self, *texts: str) -> None:
        """Until all of them are on the screen at once."""

        def stand() -> bool:
            return all(text in self.glass.text for text in texts)

        await until(stand, 20, f"the screen to show {texts}; it is:\n{self.glass.text}", every=0.02)

    def hang_up(self) -> None:
        """The terminal goes away."""
        os.close(self._master)
        self._is_open = False

    async def end_unseen(self) -> int:
        """The end of a command whose terminal nobody reads."""
        await until(lambda: self._process.poll() is not None, 30, "the command to end")
        return self._process.wait()

    async def end(self) -> Done:
        def has_ended() -> bool:
            return bool(self.screen) and self._process.poll() is not None

        await until(has_ended, 30, "the command to end", every=0.02)
        assert "Traceback" not in self.screen, self.screen
        return Done(self._process.wait(), self.screen, "")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._is_open:
            os.close(self._master)


@contextmanager
def at_terminal(
    *argv: str,
    size: tuple[int, int] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    **env: str,
) -> Iterator[Terminal]:
    """`size`: columns and rows, instead of a width that the environment says; `stdin`, `stdout`:
    instead of the terminal; `env`: added to the environment."""
    terminal = Terminal(argv, size, stdin, stdout, **env)
    try:
        yield terminal
    finally:
        terminal.close()

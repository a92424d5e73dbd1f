"""The command at a terminal, as an operator has it before them."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.e2e.site import COMMAND, Done, environment
from tests.support.waiting import until


class Terminal:
    """A pseudo-terminal (pty(7)) with the command on it."""

    def __init__(self, argv: tuple[str, ...]) -> None:
        self._master, slave = os.openpty()
        os.set_blocking(self._master, False)
        try:
            self._process = subprocess.Popen(
                [COMMAND, *argv],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                start_new_session=True,
                env=environment() | {"TERM": "xterm", "COLUMNS": "200"},
            )
        finally:
            os.close(slave)
        self._seen = ""

    @property
    def screen(self) -> str:
        """All that was printed so far."""
        # EAGAIN: nothing new; EIO: nobody has the other end any more (Linux, pty(7)).
        with suppress(OSError):
            while chunk := os.read(self._master, 65536):
                self._seen += chunk.decode(errors="replace")
        return self._seen

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    async def until_shows(self, text: str) -> None:
        await until(lambda: text in self.screen, 20, f"the terminal to show {text!r}", every=0.02)

    async def end(self) -> Done:
        def has_ended() -> bool:
            return bool(self.screen) and self._process.poll() is not None

        await until(has_ended, 30, "the command to end", every=0.02)
        assert "Traceback" not in self.screen, self.screen
        return Done(self._process.returncode, self.screen, "")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@contextmanager
def at_terminal(*argv: str) -> Iterator[Terminal]:
    terminal = Terminal(argv)
    try:
        yield terminal
    finally:
        terminal.close()

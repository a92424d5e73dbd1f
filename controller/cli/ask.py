"""Confirmation prompts (y/N). Input typed before the question is dropped, and the default is no.

Members may be watched meanwhile: nothing here waits for the terminal. One that is stopped (Ctrl-S)
shows the question later, and a job in the background waits until it is in front.
"""

import asyncio
import os
import select
import sys
import termios
from typing import Final

from controller.cli.fit import fit
from controller.cli.say import fitted, output

EVERY: Final = 0.25
"""Seconds between two looks at a terminal that may have gone, or be ours again."""
MOST: Final = 4096
"""Bytes of an answer: a line of a terminal has no more (termios(3), "Canonical mode")."""


def is_terminal() -> bool:
    return sys.stdin.isatty()


async def ask(question: str) -> bool:
    """Ask y/N without blocking the event loop. End of input counts as no, and so does a terminal
    that cannot be written to."""
    return (await _typed(f"{question} [y/N]")).lower() in (b"y", b"yes")


async def ask_for(name: str, question: str) -> bool:
    """The same, where the answer is a name: nobody types it by habit."""
    return await _typed(f"{question} type the name of the rollout, {name}:") == name.encode()


async def _typed(question: str) -> bytes:
    writer, descriptor = output(), sys.stdin.fileno()
    try:
        termios.tcflush(descriptor, termios.TCIFLUSH)
    except termios.error:
        return b""
    writer.write("\n".join(fitted([fit(question)])) + " ", end="")
    answer = _Answer(descriptor)
    try:
        while not (answer.is_there or writer.has_failed):
            await answer.come(EVERY)
    finally:
        answer.close()
    return answer.line.strip()


class _Answer:
    """A line that is typed. Read from the descriptor: a buffered stream would wait for the end of
    the line, where the input ends without one."""

    def __init__(self, descriptor: int) -> None:
        self.line = b""
        self.is_there = False
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._came = asyncio.Event()

    async def come(self, seconds: float) -> None:
        """Wait for it, but no longer than that."""
        self._loop.add_reader(self._descriptor, self._read)
        try:
            await asyncio.wait_for(self._came.wait(), seconds)
        except TimeoutError:
            return

    def close(self) -> None:
        self._loop.remove_reader(self._descriptor)

    def _read(self) -> None:
        try:
            chunk = os.read(self._descriptor, MOST)
        except OSError:
            self.close()  # until `come` is called again
            chunk = b""
            if not _has_gone(self._descriptor):
                return
        self.line = (self.line + chunk)[-MOST:]
        if not chunk or chunk.endswith(b"\n"):
            self.is_there = True
            self._came.set()


def _has_gone(descriptor: int) -> bool:
    """Whether nobody is at the terminal any more. If somebody is, a read failed since another job
    has the terminal (setpgid(2); SIGTTIN is ignored), or had it then."""
    looks = select.poll()
    looks.register(descriptor, select.POLLIN)
    return any(
        seen & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, seen in looks.poll(0)
    )


class TerminalQuestions:
    """Implements `controller.runner.perform.Questions`."""

    async def go_on_with(self, member: str) -> bool:
        return await ask(f"continue with {member}?")

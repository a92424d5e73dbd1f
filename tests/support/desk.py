"""Somebody at a terminal, in the process of the tests: standard input and output are that."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.support.waiting import until


class Desk:
    def __init__(self, master: int) -> None:
        self._master = master
        self._seen = ""

    async def reads(self, text: str) -> None:
        """Wait until it is shown."""
        await until(lambda: text in self._look(), what=f"{text!r} on the terminal")

    def types(self, text: str) -> None:
        os.write(self._master, text.encode())

    def goes_away(self) -> None:
        os.close(self._master)
        self._master = -1

    def _look(self) -> str:
        with suppress(BlockingIOError):
            self._seen += os.read(self._master, 65536).decode()
        return self._seen

    def close(self) -> None:
        if self._master >= 0:
            os.close(self._master)


@contextmanager
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    master, slave = os.openpty()
    os.set_blocking(master, False)
    at = Desk(master)
    with os.fdopen(slave) as stdin, os.fdopen(os.dup(slave), "w") as stdout:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stdout", stdout)
        try:
            yield at
        finally:
            at.close()

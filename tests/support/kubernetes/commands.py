"""The command `poolroll` as a process, for those who operate a cluster."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.support.command import Done, started
from tests.support.fork_server import Process
from tests.support.waiting import LEAST, until

END = 240.0
"""Seconds within which a command has ended."""


def _read(output: IO[str]) -> str:
    output.seek(0)
    return output.read()


async def _ended(process: Process, within: float, told: Callable[[], str]) -> None:
    within = max(within, LEAST)
    try:
        async with asyncio.timeout(within):
            await process.ended()
    except TimeoutError:
        process.kill()
        process.wait()
        raise AssertionError(f"waited {within:g} s in vain for the end; so far: {told()}") from None


@dataclass
class Begun:
    """One that may still run. What it says goes to a file, errors too."""

    process: Process
    output: IO[str]

    @property
    def text(self) -> str:
        return _read(self.output)

    async def says(self, words: str, within: float = END) -> None:
        def is_said() -> bool:
            return words in self.text or self.process.poll() is not None

        await until(is_said, within, f"{words!r} in {self.text}", every=0.01)
        assert words in self.text, self.text

    async def end(self, within: float = END) -> Done:
        await _ended(self.process, within, lambda: self.text)
        with self.output:
            done = Done(self.process.wait(), self.text, "")
        assert "Traceback" not in done.text, done.text
        return done


@dataclass
class Commands:
    """Those of one operator: a folder of their own, and what is in their environment."""

    folder: Path
    env: dict[str, str]

    def begin(self, *argv: str, **env: str) -> Begun:
        output = TemporaryFile("w+")  # noqa: SIM115  it is closed at the end of the command
        process = started(argv, output.fileno(), output.fileno(), self.env | env)
        assert isinstance(process, Process)
        return Begun(process, output)

    async def poolroll(self, *argv: str, **env: str) -> Done:
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            process = started(argv, out.fileno(), err.fileno(), self.env | env)
            assert isinstance(process, Process)
            await _ended(process, END, lambda: f"{argv}: {_read(err)}")
            done = Done(process.wait(), _read(out), _read(err))
        assert "Traceback" not in done.text, done.text
        return done

    async def ends_well(self, *argv: str, **env: str) -> str:
        done = await self.poolroll(*argv, **env)
        assert done.code == 0, done.text
        return done.out

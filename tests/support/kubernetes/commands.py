"""The command `poolroll` as a process, for those who operate a cluster."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tests.support.command import Done, started
from tests.support.fork_server import Process
from tests.support.waiting import until

END = 240.0
"""Seconds within which a command has ended."""


@dataclass
class Begun:
    """One that may still run. What it says goes to a file, errors too."""

    process: Process
    output: IO[str]

    @property
    def text(self) -> str:
        self.output.seek(0)
        return self.output.read()

    async def says(self, words: str, within: float = END) -> None:
        def is_said() -> bool:
            return words in self.text or self.process.poll() is not None

        await until(is_said, within, f"{words!r} in {self.text}", every=0.01)
        assert words in self.text, self.text

    async def end(self, within: float = END) -> Done:
        try:
            await until(lambda: self.process.poll() is not None, within, "its end")
        except AssertionError as error:
            error.add_note(self.text)
            raise
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
            try:
                await until(lambda: process.poll() is not None, END, f"the end of {argv}")
            except AssertionError as error:
                err.seek(0)
                raise AssertionError(f"{error}; so far:\n{err.read()}") from None
            out.seek(0)
            err.seek(0)
            done = Done(process.wait(), out.read(), err.read())
        assert "Traceback" not in done.text, done.text
        return done

    async def ends_well(self, *argv: str, **env: str) -> str:
        done = await self.poolroll(*argv, **env)
        assert done.code == 0, done.text
        return done.out

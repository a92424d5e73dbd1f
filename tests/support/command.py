"""The command `poolroll` as a process."""

import atexit
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.fork_server import SHARED, ForkServer, Process, hosted

COMMAND = str(Path(sys.executable).with_name("poolroll"))


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"{self.out}\n{self.err}"


def environment() -> dict[str, str]:
    """Ours, without what would steer the command; times are told in UTC, wherever this is."""
    return {k: v for k, v in os.environ.items() if not k.startswith("POOLROLL_")} | {"TZ": "UTC"}


@cache
def fork_server() -> ForkServer:
    """The one that all workers of a run share; else one of our own."""
    if shared := os.environ.get(SHARED):
        return ForkServer(Path(shared))
    stack = ExitStack()
    atexit.register(stack.close)
    return ForkServer(stack.enter_context(hosted()))


STEERING = ("PYTHON", "LC_", "LANG")
"""Beginnings of the names of variables that the interpreter itself reads as it starts."""


def started(
    argv: tuple[str, ...], stdout: int, stderr: int, env: dict[str, str], stdin: int | None = None
) -> Process | subprocess.Popen[bytes]:
    """The command, in a session of its own; `env` is added to the environment. One that steers
    the interpreter is for one that starts from its path."""
    whole = environment() | env
    if all(value == "C.UTF-8" or not name.startswith(STEERING) for name, value in env.items()):
        return fork_server().start([COMMAND, *argv], whole, stdout, stderr, stdin)
    return subprocess.Popen(
        [COMMAND, *argv],
        stdin=subprocess.DEVNULL if stdin is None else stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
        env=whole,
    )

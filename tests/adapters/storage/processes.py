"""Starts `tests.adapters.storage.child` and talks to it in lines."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Child:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def hear(self) -> str:
        """Its next line, without the end of line; empty when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def hear_all(self) -> list[str]:
        """All whole lines until it ends."""
        assert self.process.stdout is not None
        rest = self.process.stdout.read()
        return rest.split("\n")[:-1]

    def tell(self) -> None:
        """Its turn."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        self.process.kill()
        self.process.wait()


@contextmanager
def child(
    command: str,
    folder: Path,
    *arguments: str,
    fds: Sequence[int] = (),
    user: tuple[int, int] | None = None,
) -> Iterator[Child]:
    """A running child; killed at the end. `user`: the uid, and a group to be in besides."""
    env = dict(os.environ)
    if user is not None:
        env |= {"UID": str(user[0]), "GID": str(user[1])}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.storage.child", command, str(folder), *arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=fds,
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()

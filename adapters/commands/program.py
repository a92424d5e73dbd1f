"""Check whether a command could be started, without starting it."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from adapters.commands import helper
from adapters.commands.spec import unfit
from controller.tasks import Command

_SHEBANG = 256
"""Bytes of a first line that Linux looks at (execve(2), "Interpreter scripts")."""


def unstartable(command: Command) -> str | None:
    """Why not, in the words of a failed start; None when it can be started.

    Looks where the start would look: at a path with a slash from the command's own folder, else
    along PATH (execvp(3)).
    """
    if fault := unfit(command):
        return fault
    name = command.argv[0]
    if not Path(command.cwd).is_dir():
        return helper.explain("cwd", errno.ENOENT, name, command.cwd)
    there = [path for path in _candidates(command) if _is_file(path)]
    for path in there:
        if os.access(path, os.X_OK):
            return _script_fault(path, command)
    return helper.explain("exec", errno.EACCES if there else errno.ENOENT, name, command.cwd)


def _candidates(command: Command) -> Iterator[Path]:
    name, folder = command.argv[0], Path(command.cwd)
    if "/" in name:
        yield folder / name
        return
    for place in os.get_exec_path({**os.environ, **command.env}):
        yield folder / place / name


def _is_file(path: Path) -> bool:
    """A folder of PATH that this user may not search holds nothing, as for execvp(3): after `sudo`
    or `su`, that of another user may still be in it."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _script_fault(path: Path, command: Command) -> str | None:
    """Of a script whose first line names a program that is not there."""
    try:
        with path.open("rb") as file:
            first = file.read(_SHEBANG).partition(b"\n")[0]
    except OSError:
        return None  # a program that may be run, but not read
    words = first.removeprefix(b"#!").split()
    if not first.startswith(b"#!") or not words:
        return None
    if _is_file(Path(command.cwd, os.fsdecode(words[0]))):
        return None
    return helper.explain("interpreter", errno.ENOENT, command.argv[0], command.cwd)

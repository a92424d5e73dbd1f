"""Check whether a command could be started, without starting it."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from adapters.commands import message
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
    name, cwd = command.argv[0], command.cwd
    if number := _cannot_enter(cwd):
        return message.explain("cwd", number, name, cwd)
    denied = False
    for path in _candidates(command):
        number = _cannot_run(path)
        if number is None:
            return _script_fault(path, command)
        denied = denied or number == errno.EACCES
    return message.explain("exec", errno.EACCES if denied else errno.ENOENT, name, cwd)


def _cannot_enter(folder: str) -> int | None:
    """The error number of a change to `folder`; None when it can be entered."""
    try:
        if not stat.S_ISDIR(os.stat(folder).st_mode):  # noqa: PTH116 - no error may be swallowed
            return errno.ENOTDIR
    except OSError as error:
        return error.errno
    return None if os.access(folder, os.X_OK, effective_ids=True) else errno.EACCES


def _cannot_run(path: Path) -> int | None:
    """The error number of its start; None when this user may run it. A folder on the way that this
    user may not search is EACCES."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return errno.ENOENT
    except OSError as error:
        return error.errno
    return None if os.access(path, os.X_OK, effective_ids=True) else errno.EACCES


def _candidates(command: Command) -> Iterator[Path]:
    name, folder = command.argv[0], Path(command.cwd)
    if "/" in name:
        yield folder / name
        return
    for place in os.get_exec_path({**os.environ, **command.env}):
        yield folder / place / name


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
    match _cannot_run(Path(command.cwd, os.fsdecode(words[0]))):
        case None:
            return None
        case errno.EACCES:
            return message.explain("exec", errno.EACCES, command.argv[0], command.cwd)
        case _:
            return message.explain("interpreter", errno.ENOENT, command.argv[0], command.cwd)

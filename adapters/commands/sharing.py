"""The folder of the jobs, for those who share the state folder: who may use that may use all of it.

Otherwise the second operator of a group could take a member out, and never bring it back.
"""

import fcntl
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from adapters import modes
from adapters.commands import durable
from controller.errors import StateError


def make_folder(folder: Path) -> None:
    """Make `folder` where it is missing, for those that the one above is for. Raises OSError, also
    where a link leads elsewhere."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise
        return
    modes.share_folder(str(folder))


def clear_away(folder: Path) -> None:
    """Remove `folder` where another user was killed between making it and sharing it: it cannot be
    used, and nothing is in it. Whoever may write to the folder above may do so (rmdir(2)). One of
    this user is left: another caller may have made it this moment, and is about to use it."""
    with suppress(OSError):  # missing, or in use
        is_ours = folder.lstat().st_uid == os.geteuid()
        if not is_ours and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            folder.rmdir()


def make_root(root: Path) -> None:
    """Make the folder of all jobs where it is missing; share what a former version of poolroll has
    kept for its user alone. Raises OSError."""
    if root.is_dir() and not root.is_symlink():
        _mend(root)
        return
    _make_parents(root.parent)
    make_folder(root)
    durable.sync(str(root.parent))


def _make_parents(folder: Path) -> None:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)


def check_root(root: Path) -> None:
    """As `make_root`, before anything is touched: raises StateError when this user could not keep
    the records of a step, or everybody could write them."""
    try:
        make_root(root)
        for folder in (root.parent, root):
            if why := modes.unsafe(str(folder)):
                raise StateError(f"state folder: {folder}: {why}")
        if os.access(root, os.R_OK | os.W_OK | os.X_OK):
            return
        owner = _owner(root)
    except OSError as error:
        raise StateError(f"state folder: {root}: {error.strerror or error}") from error
    raise StateError(
        f"state folder: {root} may not be used by this user; {owner}, whose it is, can share it: "
        f"chmod -R g+rwX {root}"
    )


def try_out(root: Path) -> None:
    """Make the folder of a job and lock it, in `root` where that is there, and leave nothing
    behind. Raises StateError."""
    # In containers that share the folder every poolroll may have the same process number.
    folder = root / f".trial-{uuid4().hex}"
    if not root.is_dir():
        return
    try:
        make_folder(folder)
        try:
            fd = os.open(folder / durable.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.write(fd, bytes(durable.ROOM))
            finally:
                os.close(fd)
        finally:
            (folder / durable.LOCK).unlink(missing_ok=True)
            folder.rmdir()
    except OSError as error:
        why = error.strerror or error
        raise StateError(
            f"state folder: {root}: the folder of a step cannot be made and locked there: {why}"
        ) from error


def _mend(root: Path) -> None:
    about = root.stat()
    wanted = modes.mode_in(str(root.parent), is_folder=True)
    if about.st_uid != os.geteuid() or about.st_mode & 0o070 == wanted & 0o070:
        return
    for folder, _, names in os.walk(root):
        for path in (folder, *(f"{folder}/{name}" for name in names)):
            with suppress(FileNotFoundError):  # of a job that goes on: a file is another's by now
                modes.mend(path)


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"

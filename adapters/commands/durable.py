"""Files that are whole and on disk, or not there at all; for the helper as well: it imports nothing
of ours."""

import errno
import os

LOCK, GROUP, LEFT, RESULT, OUTPUT = "lock", "group", "left", "result", "output"
"""Files in the folder of a job."""
ROOM = 8192
"""Bytes kept for the result, so that a full disk does not lose it."""


def write_durably(folder: str, name: str, text: str) -> None:
    """Whole and on disk, or not there at all. Raises OSError."""
    temporary = f"{folder}/{name}.new"
    data = text.encode("utf-8", "backslashreplace")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        share(fd, folder)
        os.write(fd, data)  # over the room that was made for it, which may be all that is left
        os.ftruncate(fd, len(data))
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(temporary, f"{folder}/{name}")  # noqa: PTH104
    sync(folder)


def make_room(folder: str, name: str) -> None:
    """Take the space of a file that `write_durably` will write. Raises OSError."""
    fd = os.open(f"{folder}/{name}.new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        share(fd, folder)
        os.write(fd, bytes(ROOM))
        os.fsync(fd)
    finally:
        os.close(fd)


class FullDisk:
    """A context in which a full disk is no error: it costs output, but must not lose how a step
    has ended."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def mode_in(folder: str, *, is_folder: bool) -> int:
    """The mode of what is made in `folder`: for its group as that is, whatever the umask."""
    mode = os.stat(folder).st_mode  # noqa: PTH116
    return mode & 0o2070 | 0o700 if is_folder else mode & 0o060 | 0o600


def share(fd: int, folder: str) -> None:
    """Give a file in `folder` the mode that belongs there. Another user's keeps what it has."""
    if os.fstat(fd).st_uid == os.geteuid():
        os.fchmod(fd, mode_in(folder, is_folder=False))


def sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

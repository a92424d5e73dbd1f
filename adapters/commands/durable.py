"""Files that are whole and on disk, or not there at all; for the helper as well: of ours it imports
`adapters.modes` alone."""

import errno
import os

from adapters.modes import share

LOCK, GROUP, LEFT, RESULT, OUTPUT = "lock", "group", "left", "result", "output"
PLACES = "places"
"""Files in the folder of a job."""
ROOM = 8192
"""Bytes kept for the result, so that a full disk does not lose it."""
MOST = 4 * 1024 * 1024
"""Bytes read of one file; the output that is kept of a step is far less."""
MADE = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
LOCKED = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
"""No name in the folder leads out of it: others of its group may have made it."""


def write_durably(folder: str, name: str, text: str) -> None:
    """Whole and on disk, or not there at all. For whoever holds the lock of the job: two at a time
    would write the same temporary file. Raises OSError."""
    _replace(folder, name, f"{folder}/{name}.new", text)


def write_unlocked(folder: str, name: str, text: str) -> None:
    """The same for whoever may not be alone. Raises OSError."""
    temporary = f"{folder}/{name}.{os.urandom(8).hex()}.new"
    try:
        _replace(folder, name, temporary, text)
    except OSError:
        if os.path.lexists(temporary):
            os.unlink(temporary)  # noqa: PTH108
        raise


def _replace(folder: str, name: str, temporary: str, text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    fd = os.open(temporary, MADE, 0o600)
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
    fd = os.open(f"{folder}/{name}.new", MADE, 0o600)
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


def empty(folder: str, name: str) -> None:
    """Raises OSError."""
    os.close(os.open(f"{folder}/{name}", MADE | os.O_TRUNC, 0o600))


def read(path: str) -> str:
    """What `write_durably` wrote; empty where there is none. Raises OSError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    with os.fdopen(fd, "rb") as file:
        return file.read(MOST).decode("utf-8", "replace")


def sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

"""Space kept for the end of a rollout: when the disk is full, the journal still takes the last step
and what brings the members to rest."""

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from adapters.storage.folder import make_file, mapped

RESERVE: Final = "reserve"
SIZE: Final = 4 * 1024 * 1024
"""A record takes some 20 KB of the log; bringing fifty members to rest takes a few hundred."""


def keep(folder: Path) -> None:
    """Reserve the space where it is not yet. Raises StateError, when the disk is full for one."""
    path = folder / RESERVE
    make_file(path)
    with mapped(path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_size < SIZE:
                _allocate(fd)
        finally:
            os.close(fd)


def _allocate(fd: int) -> None:
    try:
        os.posix_fallocate(fd, 0, SIZE)
    except OSError as error:
        os.ftruncate(fd, 0)
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
            raise  # some filesystems cannot reserve: then there is none


def release(folder: Path) -> bool:
    """Give the space back; whether there was any."""
    try:
        fd = os.open(folder / RESERVE, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    with os.fdopen(fd, "wb") as file:
        size = os.fstat(fd).st_size
        with suppress(OSError):
            file.truncate(0)
    return size > 0

"""A key of the state folder alone: fingerprints of rollout files are made with it, so that a copy
of the journal does not tell what a weak secret is."""

import os
from pathlib import Path
from typing import Final

from adapters.storage.folder import make_file, mapped, sync_folder

KEY: Final = "fingerprint.key"
BYTES: Final = 32


def keep_key(folder: Path) -> None:
    """Make it where it is missing; one process at a time. Raises StateError."""
    path = folder / KEY
    make_file(path)
    with mapped(path):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_size < BYTES:  # new, or of a process that was killed
                os.pwrite(fd, os.urandom(BYTES), 0)
                os.fsync(fd)
        finally:
            os.close(fd)
    sync_folder(folder)


def key_of(folder: Path) -> bytes:
    """Empty where there is none, or this user may not read it."""
    try:
        fd = os.open(folder / KEY, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return b""
    try:
        found = os.pread(fd, BYTES, 0)
    finally:
        os.close(fd)
    return found if len(found) == BYTES else b""

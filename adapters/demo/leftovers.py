"""Folders of demos that were killed: the next demo removes them.

Each running demo holds a lock in its folder. It goes with its process, however that ends.
"""

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

PREFIX: Final = "poolroll-"
MARK: Final = "demo.lock"
MOST: Final = 100
"""Folders looked at; the rest is the next one's."""


def mark(folder: Path) -> None:
    """Hold the lock of `folder` until this process ends. Raises OSError."""
    fresh = folder / f"{MARK}.new"
    fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    fresh.rename(folder / MARK)  # under its name it was never free


def clear(where: Path) -> None:
    """Remove what killed demos of this user left in `where`."""
    for path in sorted(where.glob(f"{PREFIX}*/{MARK}"))[:MOST]:
        with suppress(OSError):
            if path.parent.lstat().st_uid == os.geteuid() and _is_free(path):
                shutil.rmtree(path.parent, ignore_errors=True)


def _is_free(path: Path) -> bool:
    """Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True

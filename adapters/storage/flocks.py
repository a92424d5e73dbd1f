"""File locks: `flock(2)` on files of the state folder."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.storage.folder import LOCKS, make_file, make_folder, make_subfolder, mapped
from controller.errors import StateError

_GUARD = "guard"
_TRIES = 1000
_PAUSE = 0.005
"""Seconds between tries. The guard is held for a few file operations, so 5 s in all only pass
when its holder was stopped in the middle."""


def open_lock(path: Path) -> int:
    """A descriptor of the lock file `path`, which is made where it is missing.

    It is closed on exec, so that no child keeps the lock when this process dies. Raises StateError.
    """
    make_file(path)
    with mapped(path):
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)


def try_lock(fd: int, path: Path, *, shared: bool = False) -> bool:
    """Whether `fd` got the lock; it never waits. Raises StateError where there are no locks."""
    with mapped(path):
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_locked(path: Path) -> bool:
    """Whether any process holds `path`, this one included. To be asked under the guard: asking
    takes the lock for an instant. Raises StateError."""
    fd = _opened(path)
    if fd is None:
        return False
    try:
        return not try_lock(fd, path, shared=True)
    finally:
        os.close(fd)


@contextmanager
def guard(folder: Path) -> Iterator[Path]:
    """The short critical section of a state folder; yields the folder of the locks.

    Waits at most 5 s for others to leave it. Raises StateError.
    """
    locks = folder / LOCKS
    make_folder(folder)
    make_subfolder(locks)
    path = locks / _GUARD
    fd = open_lock(path)
    try:
        wait_for_lock(fd, path)
        yield locks
    finally:
        os.close(fd)


@contextmanager
def reading_guard(folder: Path) -> Iterator[Path | None]:
    """`guard` for readers: creates nothing and needs read permission only, as flock(2) takes a
    descriptor of any mode. Yields None without a guard file: then no lock was ever held. Raises
    StateError."""
    locks = folder / LOCKS
    path = locks / _GUARD
    fd = _opened(path)
    if fd is None:
        yield None
        return
    try:
        wait_for_lock(fd, path)
        yield locks
    finally:
        os.close(fd)


def _opened(path: Path) -> int | None:
    with mapped(path):
        try:
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None


def wait_for_lock(fd: int, path: Path, *, tries: int = _TRIES) -> None:
    """Lock `fd`, trying every 5 ms. Raises StateError when that did not help."""
    pause = threading.Event()
    for _ in range(tries):
        if try_lock(fd, path):
            return
        pause.wait(_PAUSE)
    raise StateError(
        f"state folder: {path}: another process has kept it locked for "
        f"{tries * _PAUSE:g} s; is it stopped?"
    )

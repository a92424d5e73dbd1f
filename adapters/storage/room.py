"""Whether the state folder has room for a rollout, before anything is touched."""

import errno
import os
from pathlib import Path
from typing import Final

from adapters.storage.folder import mapped
from controller.errors import StateError

LEAST: Final = 8 * 1024 * 1024
"""Bytes. A member takes some 100 KB of the journal, and its steps as much again for their output;
what is kept for the end of a rollout (`reserve`) is 4 MB."""
LEAST_FILES: Final = 100
"""A step takes a folder and five files."""


def require_room(folder: Path) -> None:
    """`folder` may not be there yet. Raises StateError."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    with mapped(folder):
        about = os.statvfs(there)
        free = (about.f_bfree if os.geteuid() == 0 else about.f_bavail) * about.f_frsize
        files = about.f_favail if about.f_files else LEAST_FILES  # some count none
        if about.f_flag & os.ST_RDONLY:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
    if free < LEAST:
        raise StateError(
            f"state folder: {folder}: only {free // 1024} KB are free there, and a rollout needs "
            f"{LEAST // 1024 // 1024} MB; make room"
        )
    if files < LEAST_FILES:
        raise StateError(
            f"state folder: {folder}: only {files} more files fit there, and a rollout needs "
            f"{LEAST_FILES}; make room"
        )

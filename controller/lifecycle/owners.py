"""Whose a file is that the journal names. Whoever can write it has its commands run by whoever
says `abort`."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from controller.config import RolloutFile
from controller.redaction import MASK

LINKS: Final = 40
"""The kernel follows no more (path_resolution(7))."""


def distrust(path: Path) -> str | None:
    """Why nothing in the file at `path` may be run or read for this user; None where it may: it and
    the folders above it are theirs or root's, and not for everybody to write.

    A file that cannot be looked at is somebody else's matter: its reader says why.
    """
    asked = Path(os.path.abspath(path))  # noqa: PTH100 - `..` is no folder of its own
    try:
        inner = {asked.parent, asked.parent.resolve(), asked.resolve().parent}
        for one in dict.fromkeys((*_way_to(asked), *asked.parents)):
            if why := _fault(one, is_inner=one in inner):
                return why
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
        return None
    return None


def _way_to(path: Path) -> Iterator[Path]:
    """All that the kernel passes on the way to a file: each link of a chain, with the folders in
    which it lies. Raises RuntimeError where links go in a circle."""
    here, left, links = Path(path.anchor), list(path.parts[1:]), 0
    yield here
    while left:
        part = left.pop(0)
        if part == "..":
            here = here.parent
            continue
        place = here / part
        yield place
        if not place.is_symlink():
            here = place
            continue
        if (links := links + 1) > LINKS:
            raise RuntimeError(f"too many links on the way to {path}")
        target = place.readlink()
        here = Path(target.anchor) if target.is_absolute() else here
        left[:0] = target.parts[1:] if target.is_absolute() else target.parts


def astray(file: RolloutFile, *, is_ours: bool) -> str | None:
    """Why the pool is not reached as `file`, the copy of a journal, says. `is_ours`: nobody else
    may write that journal."""
    scripts = file.ways
    if any(MASK in word for script in scripts for word in script.argv):
        return "the commands that reach its pool hold secrets, which the journal does not keep"
    if is_ours:
        return None
    if scripts:
        return "its pool is reached by commands, and others may write this journal"
    return distrust(file.way) if file.way is not None else None


def _fault(path: Path, *, is_inner: bool) -> str | None:
    about = path.lstat()
    if about.st_uid not in (0, os.geteuid()):
        return f"{path} belongs to {_name(about.st_uid)}, not to this user or root"
    if stat.S_ISLNK(about.st_mode) or not about.st_mode & stat.S_IWOTH:
        return None
    if os.statvfs(path).f_flag & os.ST_RDONLY:  # a volume of a pod
        return None
    # In a folder like /tmp nobody can replace what is another's; but `./check.sh` may be theirs.
    if stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX and not is_inner:
        return None
    return f"every user may write {path}"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"

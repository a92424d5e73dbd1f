"""Who may use what is made in a state folder. The helper uses it too: it imports nothing of ours.

A state folder is for its user alone, whatever the umask. It is for a group only where somebody made
it so: with the set-group-ID bit (mkdir(2)), by which all that is made in it belongs to that group.
"""

import os
import stat


def mode_in(folder: str, *, is_folder: bool) -> int:
    """The mode of what is made in `folder`. Raises OSError."""
    mode = os.stat(folder).st_mode  # noqa: PTH116
    shared = mode & 0o070 if mode & stat.S_ISGID else 0
    return 0o700 | shared | mode & stat.S_ISGID if is_folder else 0o600 | shared & 0o060


def share(fd: int, folder: str) -> None:
    """Give a file in `folder` the mode that belongs there. Another user's keeps what it has; what
    root makes in the folder that a user has for himself is his (SQLite does the same)."""
    about = os.fstat(fd)
    if about.st_uid != os.geteuid():
        return
    os.fchmod(fd, mode_in(folder, is_folder=stat.S_ISDIR(about.st_mode)))
    place = os.stat(folder)  # noqa: PTH116
    # A second name would be another user's way to be given a file of root.
    is_new = about.st_nlink == 1 or stat.S_ISDIR(about.st_mode)
    if about.st_uid == 0 and is_new and place.st_uid and not place.st_mode & stat.S_ISGID:
        os.fchown(fd, place.st_uid, place.st_gid)


def share_folder(folder: str) -> None:
    """The same for a folder. Raises OSError, also for a symbolic link."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        share(fd, os.path.dirname(folder))  # noqa: PTH120
    finally:
        os.close(fd)


def mend(path: str) -> None:
    """Share `path`, a file or folder of this user, as it is shared where it lies now, and let
    nobody else write it; who may read it besides is its owner's choice. A link is left, and what
    another user made.

    It is not opened to read: closing it would drop this process's POSIX locks on it (SQLite, "How
    To Corrupt An SQLite Database File", section 2.2). Raises OSError.
    """
    fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        about = os.fstat(fd)
        is_folder = stat.S_ISDIR(about.st_mode)
        if about.st_uid == os.geteuid() and (is_folder or stat.S_ISREG(about.st_mode)):
            wanted = mode_in(os.path.dirname(path), is_folder=is_folder)  # noqa: PTH120
            mode = about.st_mode & ~0o022 & 0o7777 | wanted
            if about.st_mode & 0o7777 != mode:
                os.chmod(f"/proc/self/fd/{fd}", mode)  # noqa: PTH101
    finally:
        os.close(fd)


def unsafe(folder: str) -> str | None:
    """Why nothing may be kept in `folder`: who may write there can have anything run, by whoever
    says `abort`. None where it is safe. Raises OSError.

    A volume of a pod, an `emptyDir` for one, is for every user of that pod, which are ours.
    """
    is_volume = "KUBERNETES_SERVICE_HOST" in os.environ and os.path.ismount(folder)
    if os.stat(folder).st_mode & stat.S_IWOTH and not is_volume:  # noqa: PTH116
        return f"every user may write in it; its owner must end that: chmod o-w {folder}"
    return None

"""The state folder: where it is, and files in it that a group of operators can share."""

import errno
import grp
import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters import modes
from controller.errors import StateError

SYSTEM = Path("/var/lib/poolroll")
DATABASE = "journal.db"
LOCKS = "locks"

_WORDS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the filesystem is read-only",
    errno.EACCES: "this user has no permission",
    errno.EPERM: "this user has no permission",
    errno.ENOTDIR: "a part of that path is a file, not a folder",
    errno.EEXIST: "that is a file, not a folder",
    # What filesystems without flock answer (flock(2) and the FUSE and NFS clients).
    errno.ENOLCK: "its filesystem has no file locks; use a folder on a local disk (--state)",
    errno.EOPNOTSUPP: "its filesystem has no file locks; use a folder on a local disk (--state)",
    errno.ENOSYS: "its filesystem has no file locks; use a folder on a local disk (--state)",
}


def default_state_dir(env: Mapping[str, str], system: Path = SYSTEM) -> Path:
    """The default state folder.

    `system` where it exists and is writable, else `poolroll` under the XDG state home ("XDG Base
    Directory Specification": `$XDG_STATE_HOME` if absolute, else `~/.local/state`). Creates
    nothing. Raises StateError when this user has no home either.
    """
    if may_write(system) and system.is_dir():
        return system
    base = Path(env.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else _home(env) / ".local" / "state") / "poolroll"


def _home(env: Mapping[str, str]) -> Path:
    home = Path(env.get("HOME", ""))
    if home.is_absolute():
        return home
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise StateError("this user has no home folder; name a state folder with --state") from None


def exists(folder: Path) -> bool:
    """Whether `folder` holds a journal. Raises StateError where that cannot be seen (a folder that
    may not be read is there all the same), and where it is not to be trusted."""
    path = folder / DATABASE
    with mapped(folder):
        try:
            about = path.lstat()
        except FileNotFoundError:
            return False
    if stat.S_ISLNK(about.st_mode):
        raise StateError(f"state folder: {path}: a link; the journal itself must be in its place")
    refuse_open(folder)
    return stat.S_ISREG(about.st_mode)


def out_of_reach(folder: Path) -> str | None:
    """Why this user cannot use the folder that others share; None where it is not there, or where
    they can."""
    try:
        about = folder.stat()
    except OSError:
        return None
    if not stat.S_ISDIR(about.st_mode) or may_write(folder):
        return None
    try:
        group = grp.getgrgid(about.st_gid).gr_name
    except KeyError:
        group = str(about.st_gid)
    return f"{folder} is there, but this user may not use it: join the group {group}"


def may_write(folder: Path) -> bool:
    """Whether this user may make files in `folder`."""
    return os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turns the system's errors about `path` into StateError."""
    try:
        yield
    except OSError as error:
        raise fault(path, error) from error
    except (UnicodeEncodeError, ValueError) as error:
        raise StateError(f"state folder: {str(path)!r} is not a path") from error


def fault(path: Path, error: OSError) -> StateError:
    """`error` in one line for an operator."""
    known = _WORDS.get(error.errno or 0)
    return StateError(f"state folder: {path}: {known or error.strerror or error}")


def make_folder(folder: Path) -> None:
    """Make the state folder `folder` where it is missing: for its user alone. One that exists keeps
    the mode its owner gave it. Raises StateError."""
    with mapped(folder):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            if _make(folder):
                folder.chmod(0o700)  # not for a group because of where it lies, nor less than that
        refuse_open(folder)


def make_subfolder(folder: Path) -> None:
    """Make a folder in the state folder, for whomever that is for. Raises StateError, also where
    a link leads elsewhere."""
    with mapped(folder):
        if _make(folder):
            modes.share_folder(str(folder))
        elif not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "not a folder")


def _make(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    sync_folder(folder.parent)
    return True


def is_private(folder: Path) -> bool:
    """Whether nobody but this user and root may write the journal in `folder`."""
    with mapped(folder):
        both = [folder.stat(), (folder / DATABASE).lstat()]
    return all(one.st_uid in (0, os.geteuid()) and not one.st_mode & 0o022 for one in both)


def refuse_open(folder: Path) -> None:
    """Raises StateError for a folder in which everybody may write."""
    with mapped(folder):
        why = modes.unsafe(str(folder))
    if why is not None:
        raise StateError(f"state folder: {folder}: {why}")


def mend(folder: Path) -> None:
    """Share what this user has made in `folder` as that is shared now; jobs are shared when one is
    prepared. Raises StateError."""
    with mapped(folder):
        for path in (*folder.iterdir(), *folder.glob(f"{LOCKS}/*")):
            with suppress(FileNotFoundError):
                modes.mend(str(path))


def make_file(path: Path) -> None:
    """Make an empty `path` for those that its folder is for, unless it is there.

    The mode is set whatever the umask; SQLite gives its companion files the mode of the database.
    An existing file is never opened: closing it would drop this process's POSIX locks on it
    (SQLite, "How To Corrupt An SQLite Database File", section 2.2). Raises StateError.
    """
    with mapped(path):
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return
        try:
            modes.share(fd, str(path.parent))
        finally:
            os.close(fd)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make new names in `folder` survive a power cut (fsync(2), "Notes")."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

"""The output of a command, in a file: who writes to it neither waits for a reader nor dies of
SIGPIPE. For the helper as well."""

import errno
import fcntl
import os
import time

from adapters.commands.durable import MADE, OUTPUT, FullDisk
from adapters.modes import share

KEEP = 32 * 1024
"""Bytes kept of each end of the output: what an operator reads, not what a disk can hold."""
DRAIN = 1 << 20
"""Bytes of output after which what was read is thrown away."""
EMPTY_EVERY = 1.0
"""Seconds between two looks at the file that a process left behind writes to."""


class Capture:
    """The first and the last KEEP bytes of a stream, and how many lay between."""

    def __init__(self) -> None:
        self._total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, chunk: bytes) -> tuple[int, bytes]:
        """Take `chunk`; return what to write, and where, to bring a file of `text` up to date."""
        offset = self._total
        self._total += len(chunk)
        room = KEEP - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:]
        del self._tail[:-KEEP]
        if not (marker := self._marker()):
            return offset, chunk
        start = min(offset, KEEP)
        return start, bytes(self._head[start:] + marker + self._tail)

    def skip(self, size: int) -> None:
        """Leave out the next `size` bytes of the stream, whose first KEEP bytes are known."""
        self._total += size
        self._tail.clear()

    def text(self) -> str:
        return (self._head + self._marker() + self._tail).decode("utf-8", "replace")

    def _marker(self) -> bytes:
        left_out = self._total - len(self._head) - len(self._tail)
        return b"\n[... %15d bytes left out ...]\n" % left_out if left_out else b""


class Stream:
    """The file that a command writes its output to, and what is kept of it."""

    def __init__(self, fd: int) -> None:
        """`fd`: of a `nameless` file, opened to read. Not a duplicate of a writer's: reading moves
        no offset of theirs, and `is_held` needs it."""
        self.fd = fd
        self.capture = Capture()
        self._at = 0

    @classmethod
    def of(cls, write: int) -> "Stream":
        """Of the file that `write` writes to."""
        return cls(os.open(f"/proc/self/fd/{write}", os.O_RDONLY | os.O_CLOEXEC))

    def take(self) -> bool:
        """Keep what is new. Whether anything was."""
        size = os.fstat(self.fd).st_size
        if size < self._at:  # a shell's `> /dev/stderr` empties it
            self._at = 0
        if size == self._at:
            return False
        if size - self._at > 2 * KEEP:
            self.keep(os.pread(self.fd, KEEP, self._at))
            self.capture.skip(size - self._at - 2 * KEEP)
            self._at = size - KEEP
        self.keep(os.pread(self.fd, size - self._at, self._at))
        self._at = size
        if size > DRAIN:
            self.empty()
        return True

    def empty(self) -> None:
        """Who writes appends, and so goes on at the beginning."""
        os.truncate(f"/proc/self/fd/{self.fd}", 0)
        self._at = 0

    def keep(self, chunk: bytes) -> tuple[int, bytes]:
        return self.capture.add(chunk)

    def is_held(self) -> bool:
        """Whether a process still has it open to write: a lease to read is refused then
        (fcntl(2), F_SETLEASE)."""
        try:
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(self.fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN
        return False

    def is_held_by(self, pid: int) -> bool:
        own, folder = os.fstat(self.fd), f"/proc/{pid}/fd"
        try:
            names = os.listdir(folder)  # noqa: PTH208
        except OSError:
            return False
        return any(_leads_to(f"{folder}/{name}", own) for name in names)

    def keep_small(self) -> None:
        """Until nobody writes to it any more."""
        while self.is_held():
            if os.fstat(self.fd).st_size > DRAIN:
                self.empty()
            time.sleep(EMPTY_EVERY)


class Output(Stream):
    """The output of a step; what is kept of it is on disk as well."""

    def __init__(self, folder: str) -> None:
        self.write = nameless(f"{folder}/{OUTPUT}.raw")
        """For the step; it must be closed here before `is_held` can tell."""
        super().__init__(os.open(f"/proc/self/fd/{self.write}", os.O_RDONLY | os.O_CLOEXEC))
        self._kept = os.open(f"{folder}/{OUTPUT}", MADE | os.O_TRUNC, 0o600)
        share(self._kept, folder)

    def keep(self, chunk: bytes) -> tuple[int, bytes]:
        offset, patch = super().keep(chunk)
        with FullDisk():  # it must not stop an upgrade half-way
            os.pwrite(self._kept, patch, offset)
        return offset, patch

    def close(self) -> None:
        """Have all that was kept on disk."""
        self.take()
        with FullDisk():
            os.fsync(self._kept)


def nameless(path: str) -> int:
    """A file without a name, open to append: in memory, so that a full disk stops no step. `path`:
    where it is made on a system without such files."""
    try:
        made = os.memfd_create("output", os.MFD_CLOEXEC)
    except OSError:
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.unlink(path)  # noqa: PTH108
    # Opened once more: only a file that was opened to write refuses a lease, see `is_held`.
    fd = os.open(f"/proc/self/fd/{made}", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    os.close(made)
    return fd


def _leads_to(link: str, file: os.stat_result) -> bool:
    """False for one that was closed meanwhile, or is another user's."""
    try:
        return os.path.samestat(os.stat(link), file)  # noqa: PTH116
    except OSError:
        return False

"""The helper process that one step runs under: it outlives poolroll and records how the step ended.

Run by path with `python -I -S`. It imports no module of poolroll and few others, to start in about
15 ms. It gets the lock of the job as fd 3, already taken: a flock belongs to the open file
description, so it is held until the last process that shares it has ended (flock(2)). The job
arrives on fd 0, a socket, and so neither on disk nor on a command line, where a secret could be
read. fd 2 is that socket too: a traceback reaches the poolroll that started us, if it lives.

1. fork the step, which waits in a session of its own;
2. write `group`, durably: from here on the job counts as begun;
3. let the step exec; keep the first and last of its output in `output`;
4. at the timeout, or when the step has failed, TERM it and all that it started, and KILL what is
   left after the grace;
5. write `left`, where something still runs, and `result`, durably: that into space taken before the
   step began.

As a child subreaper (prctl(2)) the helper inherits what the step's processes leave behind, so it
knows and reaches each of them, whatever session they went to. A service that a successful step
has started runs on. Should the helper be killed, whoever comes next knows them by `MARK` in their
environment.

The output goes to a file in memory, not to a pipe: who writes to it neither waits for a reader nor
dies of SIGPIPE when there is none, whether the helper was killed or the step has ended. A process
that a successful step has left behind may write there for ever: a fork of the helper then stays
and empties the file from time to time, until nobody has it open. It does so for short commands of
poolroll too (`keep_small`).
"""

import errno
import fcntl
import os
import select
import signal
import sys
import time

LOCK, GROUP, LEFT, RESULT, OUTPUT = "lock", "group", "left", "result", "output"

KEEP = 32 * 1024
"""Bytes kept of each end of the output: what an operator reads, not what a disk can hold."""

KEEP_SMALL = "keep-small"
"""Argument: look after a file on fd 0, see `keep_small`."""
CONTROL_FD, LOCK_FD = 0, 3
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
INHERITED = (
    *(signal.SIGQUIT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ),
    *(signal.SIGTTIN, signal.SIGTTOU),
)
"""The parent may have ignored them: a shell in the background, Python."""
POLL, QUIET = 0.02, 0.1
"""Seconds between two looks at the output: while there is some, and when there is none."""
LINGER = 0.2
"""Seconds that what a step left behind has to end by itself, like the last `tee` of a script."""
KILL_PATIENCE = 5.0
"""Seconds for killed processes to go. Those of another user, or hung in the kernel, do not."""
ROOM = 8192
"""Bytes kept for the result, so that a full disk does not lose it."""
DRAIN = 1 << 20
"""Bytes of output after which what was read is thrown away."""
EMPTY_EVERY = 1.0
"""Seconds between two looks at the file that a process left behind writes to."""
PROCESS, WRITER, CONNECTION = "process", "writer", "connection"
"""Kinds of lines in `left`: what could not be ended, what writes to the output of a step that
ended well, and what was ended here but may run on elsewhere."""
CONNECTIONS = ("ssh", "kubectl", "docker", "podman")
"""Programs that run something elsewhere, which goes on when they are ended."""
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
MARK = "POOLROLL_JOB"
"""Environment variable of the step and of all that it starts: `mark_of` the step."""


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


def stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third (state) on, or None when there is no such process.

    Counted from 0: state, then 2 process group, 3 session, 19 start in ticks (proc(5)).
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            return file.read().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_of(pid: int) -> str:
    """In ticks since the boot; 0 when it is not known."""
    return (stat(pid) or ["0"] * 20)[19]


def machine() -> str:
    """What process ids are valid in: this boot, and this process id namespace."""
    with open("/proc/sys/kernel/random/boot_id") as file:  # noqa: PTH123
        return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115


def mark_of(pid: int, start: str, where: str) -> str:
    """No other process has it, on any machine, at any time."""
    return f"{pid}.{start}.{where}"


def write_durably(folder: str, name: str, text: str) -> None:
    """Whole and on disk, or not there at all. Raises OSError."""
    temporary = f"{folder}/{name}.new"
    data = text.encode("utf-8", "backslashreplace")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
    fd = os.open(f"{folder}/{name}.new", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
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


def mode_in(folder: str, *, is_folder: bool) -> int:
    """The mode of what is made in `folder`: for its group as that is, whatever the umask."""
    mode = os.stat(folder).st_mode  # noqa: PTH116
    return mode & 0o2070 | 0o700 if is_folder else mode & 0o060 | 0o600


def share(fd: int, folder: str) -> None:
    """Give a file in `folder` the mode that belongs there. Another user's keeps what it has."""
    if os.fstat(fd).st_uid == os.geteuid():
        os.fchmod(fd, mode_in(folder, is_folder=False))


def sync(folder: str) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def explain(stage: str, number: int, name: str, cwd: str) -> str:
    """Why a command could not be started. `stage`: `cwd`, `interpreter` or `exec`."""
    if stage == "cwd":
        return f"{name}: working directory {cwd!r}: {os.strerror(number)}"
    if stage == "interpreter":
        return f"{name}: the interpreter in its first line was not found"
    if number == errno.ENOENT:
        return f"{name}: command not found"
    if number == errno.EACCES and "/" not in name:  # of a folder on PATH, or of the program
        return f"{name}: not found, or not executable for this user ({os.strerror(number)})"
    if number == errno.EACCES:
        return f"{name}: not executable for this user ({os.strerror(number)})"
    return f"{name}: {os.strerror(number)}"


def signal_group(group: int, number: int) -> bool:
    """Whether a process of `group` is there. One of another user is not reached."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def group_lives(group: int) -> bool:
    """Whether a process of `group` still runs; one that only waits to be reaped does not."""
    if not signal_group(group, 0):
        return False
    members = members_of(group)
    # The kernel knows the group: where /proc hides its members (hidepid), they count as running.
    return not members or not all(has_ended(pid) for pid in members)


def members_of(group: int) -> list[int]:
    """Every process of `group` that /proc shows."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    return [pid for pid in pids if (stat(pid) or "---")[2] == str(group)]


# --- the processes below one -----------------------------------------------------------------


def children(pid: int) -> list[int]:
    """Direct children of `pid` (proc(5), `children`; not every kernel has that file)."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):  # noqa: PTH110
        names = [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
        return [one for one in names if (stat(one) or "--")[1] == str(pid)]
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
    except OSError:
        return []
    files = [f"/proc/{pid}/task/{task}/children" for task in tasks]
    return [int(child) for file in files for child in read(file).split()]


def read(path: str) -> str:
    """Empty when it may not be read, or its process has ended meanwhile."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read().decode("utf-8", "replace")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return ""


def descendants(pid: int) -> list[int]:
    """Every process below `pid` that still runs, parents before their children. Where /proc hides
    a direct child (hidepid), it counts as running until it is reaped."""
    direct = children(pid)
    found = list(direct)
    for one in found:  # grows meanwhile
        found += [child for child in children(one) if child not in found]
    states = [(one, (stat(one) or ("?" if one in direct else "X"))[0]) for one in found]
    return [one for one, state in states if state not in "ZX"]


def name_of(pid: int) -> str:
    """One word."""
    return "-".join(read(f"/proc/{pid}/comm").split()) or "?"


def still_runs(pid: int, start: str, where: str) -> bool:
    """Whether that very process still runs, as `left` names it."""
    return where == machine() and not has_ended(pid) and start_of(pid) == start


def has_ended(pid: int) -> bool:
    """Whether it is gone, or only waits to be reaped."""
    return (stat(pid) or "X")[0] in "ZX"


def is_shared(pid: int) -> bool:
    """Whether it is a connection of ssh that other commands share (ControlPersist in
    ssh_config(5)): it runs nothing by itself, and other members' steps may need it."""
    return read(f"/proc/{pid}/cmdline").rstrip("\0 ").endswith("[mux]")


def send(pid: int, number: int) -> None:
    """One of another user is not reached."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def adopt() -> None:
    """Become the parent of what is left behind by every process below this one. Where the system
    cannot, a process that leaves its parent and its group is not found."""
    try:
        from ctypes import CDLL

        CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


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
        own = os.fstat(self.fd)
        try:
            files = [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH208
            return any(os.path.samestat(os.stat(file), own) for file in files)  # noqa: PTH116
        except OSError:
            return False

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
        self._kept = os.open(
            f"{folder}/{OUTPUT}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
        )
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


class Spec:
    """A job as it comes over the control socket: a length, then fields that end in NUL."""

    def __init__(self, payload: bytes) -> None:
        timeout, grace, levels, folder, self.cwd, count, *rest = payload.split(b"\0")[:-1]
        self.timeout, self.grace, self.levels = float(timeout), float(grace), int(levels)
        self.folder = os.fsdecode(folder)
        self.argv, added = rest[: int(count)], rest[int(count) :]
        self.env = {**os.environb, **dict(entry.split(b"=", 1) for entry in added)}

    @staticmethod
    def pack(fields: list[bytes]) -> bytes:
        payload = b"".join(field + b"\0" for field in fields)
        return b"%016x" % len(payload) + payload

    @classmethod
    def receive(cls) -> "Spec | None":
        """None when the sender was cut off: nothing was begun then."""
        data, wanted = b"", 16
        while len(data) < wanted:
            if not (chunk := os.read(CONTROL_FD, 65536)):
                return None
            data += chunk
            if len(data) >= 16:
                wanted = 16 + int(data[:16], 16)
        return cls(data[16:])


class Step:
    """The step: forked in its own session, waiting for its start signal."""

    def __init__(self, spec: Spec, wake: int) -> None:
        self._status: int | None = None
        self.output = Output(spec.folder)
        go, self._go = os.pipe()
        self._fault, fault = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._go)
            become(spec, go, fault, self.output.write)  # does not come back
        for fd in (go, fault, self.output.write):
            os.close(fd)
        self._wake = wake
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)
        self._pace = POLL
        self._has_children = True
        self.connections: list[str] = []
        """Names of the connections that were ended with it."""

    def let_go(self, mark: str) -> None:
        os.write(self._go, mark.encode())

    def wait(self, until: float) -> bool:
        """Whether the step's own process ended before `until` (monotonic seconds)."""
        while not self._has_ended():
            left = until - time.monotonic()
            if left <= 0:
                return False
            self._attend(min(left, self._pace))
        return True

    def is_alone(self) -> bool:
        """Whether what the step has left behind ends by itself within `LINGER`."""
        until = time.monotonic() + LINGER
        while self.running():
            if time.monotonic() >= until:
                return False
            self._attend(POLL)
        return True

    def end(self, grace: float) -> None:
        """TERM, and KILL after `grace` seconds, to all that the step has started."""
        names = [name_of(pid) for pid in self.running()]
        self.connections = sorted({name for name in names if name in CONNECTIONS})
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, KILL_PATIENCE)):
            until = time.monotonic() + patience
            self._tell(number)
            while self.running():
                if time.monotonic() >= until:
                    break
                self._attend(POLL)
                if number == signal.SIGKILL:  # what came since; after TERM it is a clean-up
                    self._tell(number)
            else:
                return

    def writers(self) -> list[int]:
        """Who still writes to the output of the step."""
        if not self.output.is_held():
            return []
        running = self.running()
        return [pid for pid in running if self.output.is_held_by(pid)] or running

    def running(self) -> list[int]:
        """All that the step has started and that still runs, itself included."""
        self._has_ended()
        if not self._has_children:
            return []
        return [pid for pid in descendants(os.getpid()) if not is_shared(pid)]

    def _tell(self, number: int) -> None:
        """The group at once, so that nobody escapes by a fork; then who has left it."""
        running, group = self.running(), str(self.pid)
        elsewhere = [pid for pid in running if (stat(pid) or "---")[2] != group]
        if self._status is None or len(elsewhere) < len(running):
            signal_group(self.pid, number)
        for pid in elsewhere:
            send(pid, number)

    def outcome(self) -> str:
        """How the step ended by itself, as `result` has it."""
        if fault := os.read(self._fault, 4096).decode("utf-8", "backslashreplace"):
            return f"fault {fault}"
        code = os.waitstatus_to_exitcode(self._status or 0)
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    def _has_ended(self) -> bool:
        """Whether the step's own process has; takes leave of all others that have, too."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.pid:
                    self._status = ended[1]
        except ChildProcessError:
            self._has_children = False
        return self._status is not None

    def _attend(self, seconds: float) -> None:
        if self._poll.poll(seconds * 1000):
            os.read(self._wake, 4096)
        self._pace = POLL if self.output.take() else min(2 * self._pace, QUIET)


def become(spec: Spec, go: int, fault: int, out: int) -> None:
    """In the forked child: wait for the word, then turn into the step."""
    stage = "cwd"
    name = os.fsdecode(spec.argv[0])
    try:
        os.setsid()
        mark = os.read(go, 256)
        if not mark:
            os._exit(0)  # the helper is gone, so there would be no timeout
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        for number in (*IGNORED, *INHERITED):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.chdir(spec.cwd)
        stage = "exec"
        os.execvpe(spec.argv[0], spec.argv, {**spec.env, MARK.encode(): mark})
    except OSError as error:
        if stage == "exec" and "/" in name and os.path.exists(name):  # noqa: PTH110
            stage = "interpreter" if error.errno == errno.ENOENT else stage
        text = explain(stage, error.errno or 0, name, os.fsdecode(spec.cwd))
        os.write(fault, " ".join(text.splitlines()).encode("utf-8", "backslashreplace")[:4096])
    finally:
        os._exit(127)


def main() -> None:
    os.set_inheritable(LOCK_FD, False)
    os.closerange(
        LOCK_FD + 1, 1 << 16
    )  # descriptors that poolroll inherited do not belong to the step
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    adopt()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    spec = Spec.receive()
    if spec is None:
        return
    step = Step(spec, wake)
    started = time.monotonic()
    process = stat(step.pid)
    assert process is not None, "not reaped, so it is there"
    make_room(spec.folder, RESULT)
    where = machine()
    write_durably(spec.folder, GROUP, f"{step.pid} {process[19]} {where} {started:.3f}\n")
    folder = spec.folder
    for _ in range(spec.levels):
        folder = os.path.dirname(folder)  # noqa: PTH120
        sync(folder)
    step.let_go(mark_of(step.pid, process[19], where))
    if step.wait(started + spec.timeout):
        outcome = step.outcome()
        if not step.is_alone() and outcome != "exit 0":
            step.end(spec.grace)
    else:
        step.end(spec.grace)
        outcome = "timed-out"
    step.output.close()
    note_left(spec.folder, step, outcome == "exit 0")
    write_durably(spec.folder, RESULT, f"{time.monotonic() - started:.3f} {outcome}\n")
    if step.output.is_held() and os.fork() == 0:
        for fd in (CONTROL_FD, 2, LOCK_FD):  # the job has ended
            os.close(fd)
        step.output.keep_small()


def keep_small() -> None:
    """The output of a short command, on fd 0, once that has ended; whoever started us need not
    wait."""
    if os.fork() == 0:
        for number in IGNORED:
            signal.signal(number, signal.SIG_IGN)
        Stream(0).keep_small()


def lines_of(kind: str, pids: list[int]) -> list[str]:
    """Of `left`, one for each process."""
    return [f"{kind} {pid} {start_of(pid)} {machine()} {name_of(pid)}\n" for pid in pids]


def note_left(folder: str, step: Step, is_well: bool) -> None:
    """For the operator, and for the next attempt: what runs on and should not."""
    kind, pids = (WRITER, step.writers()) if is_well else (PROCESS, step.running())
    lines = lines_of(kind, pids)
    lines += [f"{CONNECTION} {name}\n" for name in step.connections]
    if lines:
        with FullDisk():
            write_durably(folder, LEFT, "".join(lines))


if __name__ == "__main__":
    keep_small() if sys.argv[1:] == [KEEP_SMALL] else main()
    os._exit(0)  # nothing is buffered, and the parent learns of the end at once

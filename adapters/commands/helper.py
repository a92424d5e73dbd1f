"""The helper process that one step runs under: it outlives poolroll and records how the step ended.

Run by path with `python -I -S`. It imports no module of poolroll and few others, to start in about
15 ms. It gets the lock of the job as fd 3, already taken: a flock belongs to the open file
description, so it is held until the last process that shares it has ended (flock(2)). The job
arrives on fd 0, a socket, and so neither on disk nor on a command line, where a secret could be
read. fd 2 is that socket too: a traceback reaches the poolroll that started us, if it lives.

1. fork the step, which waits in a session of its own;
2. write `group`, durably: from here on the job counts as begun;
3. let the step exec; keep the first and last of its output in `output`;
4. at the timeout TERM its whole group, and KILL what is left after the grace;
5. write `result`, durably.

When the helper is killed, the step continues until it writes into the pipe that has no reader. When
the step has ended by itself, processes that it left behind continue too; as under ssh, they must
send their output elsewhere.
"""

import errno
import math
import os
import select
import signal
import time

LOCK, GROUP, RESULT, OUTPUT = "lock", "group", "result", "output"

KEEP = 32 * 1024
"""Bytes kept of each end of the output: what an operator reads, not what a disk can hold."""

CONTROL_FD, LOCK_FD = 0, 3
IGNORED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
INHERITED = (signal.SIGQUIT, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ)
"""The parent may have ignored them: a shell in the background, Python."""
POLL = 0.02
KILL_PATIENCE = 5.0
"""Seconds for killed processes to go. Those of another user, or hung in the kernel, do not."""
DRAIN = 1 << 20
"""Bytes read after the end of the step: more than a pipe holds, but not for ever, since
processes left behind may write on."""
SURVIVED = b"\n[poolroll: processes of this step could not be ended and may still run]\n"


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


def machine() -> str:
    """What process ids are valid in: this boot, and this process id namespace."""
    with open("/proc/sys/kernel/random/boot_id") as file:  # noqa: PTH123
        return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115


def write_durably(folder: str, name: str, text: str) -> None:
    """Whole and on disk, or not there at all. Raises OSError."""
    temporary = f"{folder}/{name}.new"
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        share(fd, folder)
        os.write(fd, text.encode("utf-8", "backslashreplace"))
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(temporary, f"{folder}/{name}")  # noqa: PTH104
    sync(folder)


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
    if number == errno.EACCES:
        return f"{name}: not executable ({os.strerror(number)})"
    return f"{name}: {os.strerror(number)}"


def exit_code(status: int) -> int:
    """Of a wait status; 128 + N when signal N ended the process, as shells have it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


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
    seen = [stat(int(name)) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
    states = [fields[0] for fields in seen if fields is not None and fields[2] == str(group)]
    # The kernel knows the group: where /proc hides its members (hidepid), they count as running.
    return not states or any(state not in "ZX" for state in states)


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
        self._capture = Capture()
        go, self._go = os.pipe()
        self._fault, fault = os.pipe()
        self._out, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._go)
            become(spec, go, fault, out)  # does not come back
        for fd in (go, fault, out):
            os.close(fd)
        os.set_blocking(self._out, False)
        self._wake = wake
        self._file = os.open(
            f"{spec.folder}/{OUTPUT}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
        )
        share(self._file, spec.folder)
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(wake, select.POLLIN)

    def let_go(self) -> None:
        os.write(self._go, b"!")

    def wait(self, until: float) -> bool:
        """Whether the step's own process ended before `until` (monotonic seconds)."""
        while not self._has_ended():
            left = until - time.monotonic()
            if left <= 0:
                return False
            self._attend(min(left, 60.0))
        return True

    def end_group(self, grace: float) -> None:
        """TERM, and KILL after `grace` seconds, to all processes of the group."""
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, KILL_PATIENCE)):
            until = time.monotonic() + patience
            signal_group(self.pid, number)
            while group_lives(self.pid):
                if time.monotonic() >= until:
                    break
                self._attend(POLL)
                self._has_ended()
            else:
                return
        self._keep(SURVIVED)

    def close(self) -> None:
        """Take what the pipe still holds, and have all output on disk."""
        read = 0
        while read < DRAIN and (size := self._read()):
            read += size
        os.fsync(self._file)

    def outcome(self) -> str:
        """How the step ended by itself, as `result` has it."""
        if fault := os.read(self._fault, 4096).decode("utf-8", "backslashreplace"):
            return f"fault {fault}"
        return f"exit {exit_code(self._status or 0)}"

    def _has_ended(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None

    def _attend(self, seconds: float) -> None:
        for fd, _ in self._poll.poll(math.ceil(seconds * 1000)):
            if fd == self._wake:
                os.read(fd, 4096)
            elif self._read() == 0:
                self._poll.unregister(fd)

    def _read(self) -> int:
        try:
            chunk = os.read(self._out, 65536)
        except BlockingIOError:
            return 0
        self._keep(chunk)
        return len(chunk)

    def _keep(self, chunk: bytes) -> None:
        offset, patch = self._capture.add(chunk)
        try:
            os.pwrite(self._file, patch, offset)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise  # a full disk costs output, but must not stop an upgrade half-way


def become(spec: Spec, go: int, fault: int, out: int) -> None:
    """In the forked child: wait for the word, then turn into the step."""
    stage = "cwd"
    name = os.fsdecode(spec.argv[0])
    try:
        os.setsid()
        if not os.read(go, 1):
            os._exit(0)  # the helper is gone, so there would be no timeout
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        for number in (*IGNORED, *INHERITED):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.chdir(spec.cwd)
        stage = "exec"
        os.execvpe(spec.argv[0], spec.argv, spec.env)
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
    write_durably(spec.folder, GROUP, f"{step.pid} {process[19]} {machine()} {started:.3f}\n")
    folder = spec.folder
    for _ in range(spec.levels):
        folder = os.path.dirname(folder)  # noqa: PTH120
        sync(folder)
    step.let_go()
    if step.wait(started + spec.timeout):
        outcome = step.outcome()
    else:
        step.end_group(spec.grace)
        outcome = "timed-out"
    step.close()
    write_durably(spec.folder, RESULT, f"{time.monotonic() - started:.3f} {outcome}\n")


if __name__ == "__main__":
    main()
    os._exit(0)  # nothing is buffered, and the parent learns of the end at once

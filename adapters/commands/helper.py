"""The helper process that one step runs under: it outlives poolroll and records how the step ended.

Run by path with `python -I -S`. It imports few modules, to start soon; of poolroll only those
near it that need no others, and without the packages around them. It gets the lock of the job as
fd 3, already taken: a flock belongs to the open file description, so it is held until the last
process that shares it has ended (flock(2)). The job arrives on fd 0, a socket, and so neither on
disk nor on a command line, where a secret could be read. fd 2 is that socket too: a traceback
reaches the poolroll that started us, if it lives.

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
import os
import select
import sys
import time

if __name__ == "__main__":
    _HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    for _name, _path in (("adapters", os.path.dirname(_HERE)), ("adapters.commands", _HERE)):  # noqa: PTH120
        _package = sys.modules[_name] = type(sys)(_name)
        _package.__path__ = [_path]

from adapters.commands import durable, processes
from adapters.commands.message import CONTROL_FD, Spec, explain
from adapters.commands.output import Output, Stream

TYPE_CHECKING = False  # as `typing` has it, without the time to import that
if TYPE_CHECKING:
    import signal
else:
    # All that `signal` adds to it are enums: they would take longer than the start of Python.
    import _signal as signal

KEEP_SMALL = "keep-small"
"""Argument: look after a file on fd 0, see `keep_small`."""
LOCK_FD = 3
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
PROCESS, WRITER, CONNECTION = "process", "writer", "connection"
"""Kinds of lines in `left`: what could not be ended, what writes to the output of a step that
ended well, and what was ended here but may run on elsewhere."""
CONNECTIONS = (
    *("ssh", "kubectl", "docker", "podman"),
    *("ansible", "ansible-playbook", "salt", "salt-ssh"),
)
"""Programs that run something elsewhere, which goes on when they are ended."""
COMM = 15
"""So many characters of a program's name are shown by the kernel (proc(5))."""


def reaching(names: list[str]) -> set[str]:
    """Which of CONNECTIONS are among the names of these processes, each as /proc shows it."""
    shown = set(names)
    return {name for name in CONNECTIONS if name[:COMM] in shown}


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
        names = [processes.name_of(pid) for pid in self.running()]
        self.connections = sorted(reaching(names))
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
        return [pid for pid in processes.descendants(os.getpid()) if not processes.is_shared(pid)]

    def _tell(self, number: int) -> None:
        """The group at once, so that nobody escapes by a fork; then who has left it."""
        running = self.running()
        elsewhere = [pid for pid in running if not processes.is_in(pid, self.pid)]
        if self._status is None or len(elsewhere) < len(running):
            processes.signal_group(self.pid, number)
        for pid in elsewhere:
            processes.send(pid, number)

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
        os.execvpe(spec.argv[0], spec.argv, {**spec.env, processes.MARK.encode(): mark})
    except OSError as error:
        if stage == "exec" and "/" in name and os.path.exists(name):  # noqa: PTH110
            stage = "interpreter" if error.errno == errno.ENOENT else stage
        text = explain(stage, error.errno or 0, name, os.fsdecode(spec.cwd))
        os.write(fault, " ".join(text.splitlines()).encode("utf-8", "backslashreplace")[:4096])
    finally:
        os._exit(127)


def main() -> None:
    os.set_inheritable(LOCK_FD, False)
    # Descriptors that poolroll inherited do not belong to the step.
    os.closerange(LOCK_FD + 1, 1 << 16)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    processes.adopt()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    spec = Spec.receive()
    if spec is None:
        return
    step = Step(spec, wake)
    started = time.monotonic()
    process = processes.stat(step.pid)
    assert process is not None, "not reaped, so it is there"
    durable.make_room(spec.folder, durable.RESULT)
    where = processes.machine()
    record = f"{step.pid} {process[19]} {where} {started:.3f}\n"
    durable.write_durably(spec.folder, durable.GROUP, record)
    folder = spec.folder
    for _ in range(spec.levels):
        folder = os.path.dirname(folder)  # noqa: PTH120
        durable.sync(folder)
    step.let_go(processes.mark_of(step.pid, process[19], where))
    if step.wait(started + spec.timeout):
        outcome = step.outcome()
        if not step.is_alone() and outcome not in spec.well:
            step.end(spec.grace)
    else:
        step.end(spec.grace)
        outcome = "timed-out"
    step.output.close()
    note_left(spec.folder, step, outcome in spec.well)
    took = time.monotonic() - started
    durable.write_durably(spec.folder, durable.RESULT, f"{took:.3f} {outcome}\n")
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
    where = processes.machine()
    return [
        f"{kind} {pid} {processes.start_of(pid)} {where} {processes.name_of(pid)}\n" for pid in pids
    ]


def note_left(folder: str, step: Step, is_well: bool) -> None:
    """For the operator, and for the next attempt: what runs on and should not."""
    kind, pids = (WRITER, step.writers()) if is_well else (PROCESS, step.running())
    lines = lines_of(kind, pids)
    lines += [f"{CONNECTION} {name}\n" for name in step.connections]
    if lines:
        with durable.FullDisk():
            durable.write_durably(folder, durable.LEFT, "".join(lines))


if __name__ == "__main__":
    keep_small() if sys.argv[1:] == [KEEP_SMALL] else main()
    os._exit(0)  # nothing is buffered, and the parent learns of the end at once

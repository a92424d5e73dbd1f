"""A fork server: starts the command from a process that has imported it already.

Most of what a short command costs is its imports. A process made here is a real one, with its own
session, descriptors, signals and a whole interpreter that ends as any other; only its imports are
those of the server. What depends on how an interpreter starts is started by its path instead.
"""

import asyncio
import atexit
import gc
import io
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import BinaryIO, Final, cast

import adapters
import controller
from adapters.commands.kept_helper import packed
from controller.cli.entry import entry
from controller.config.sections.rollout import Rollout
from controller.journal.codec import KINDS, adapter
from tests.support.other_clock import arrange

LONGEST: Final = 1 << 20
"""Bytes of one request: arguments and environment."""

LATE: Final = (
    "anyio._backends._asyncio",
    "httpcore",
    "kubernetes.config.kube_config",
    "promql_parser",
    "structlog",
)
"""What libraries import at their first use, and what we do: hundreds of modules."""

STATUS: Final = struct.Struct("i")

CLOCKS: Final = "CLOCKS_OF_TEST"
"""A variable of the environment like `3600 4`: an hour ahead, and four times as fast; or like
`3600 /tmp/set`: an hour ahead as soon as that file is there."""

OPERATOR: Final = "OPERATOR_OF_TEST"
"""A variable of the environment like `54001 54100 077`: a user, its only group, and its umask."""


class Process:
    """A process that the server started, to be used as a `subprocess.Popen`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        (self.pid,) = STATUS.unpack(connection.recv(STATUS.size))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            with suppress(BlockingIOError):
                self._read(socket.MSG_DONTWAIT)
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self._read(0)
        assert self.returncode is not None
        return self.returncode

    def _read(self, flags: int) -> None:
        answer = self._connection.recv(STATUS.size, flags)
        assert answer, "the fork server is gone"
        (self.returncode,) = STATUS.unpack(answer)
        self._connection.close()

    async def ended(self) -> int:
        """Its exit code, when it has ended; nothing is asked meanwhile."""
        if self.poll() is None:
            loop, told = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(self._connection, told.set)
            try:
                await told.wait()
            finally:
                loop.remove_reader(self._connection)
        return self.wait()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server, from the side of the tests. It ends with the process that made it. Making it
    takes as long as all imports: no loop may run meanwhile."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import main; main({theirs.fileno()})"],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._socket = ours
        atexit.register(self._close)
        assert ours.recv(STATUS.size), "the fork server could not start"

    def _close(self) -> None:
        self._socket.close()
        self._server.wait()

    def start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        stdout: int,
        stderr: int,
        stdin: int | None = None,
    ) -> Process:
        """Start the command with `argv`, its own name first, in our working directory; without
        `stdin` it has nothing to read."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps([list(argv), dict(env), str(Path.cwd())]).encode()
        with theirs, Path(os.devnull).open("rb") as nothing:
            first = nothing.fileno() if stdin is None or stdin == subprocess.DEVNULL else stdin
            descriptors = [first, stdout, stderr, theirs.fileno()]
            socket.send_fds(self._socket, [request], descriptors)
        return Process(ours)


@dataclass(frozen=True, slots=True)
class _Job:
    """What a fork is to become."""

    argv: list[str]
    env: dict[str, str]
    folder: str
    descriptors: list[int]


def _serve(requests: socket.socket) -> _Job | None:
    """Start what is asked for, and tell how each ended, until nobody can ask any more. Returns a
    job in each fork, and None in the server."""
    with selectors.DefaultSelector() as selector:
        selector.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not requests:
                    _ended(key, selector)
                    continue
                message, descriptors, _, _ = socket.recv_fds(requests, LONGEST, 4)
                if not message:
                    return None
                pid = os.fork()
                if pid == 0:
                    argv, env, folder = json.loads(message)
                    return _Job(argv, env, folder, descriptors[:3])
                _register(pid, descriptors, selector)


def _register(pid: int, descriptors: list[int], selector: selectors.BaseSelector) -> None:
    for descriptor in descriptors[:3]:
        os.close(descriptor)
    asker = socket.socket(fileno=descriptors[3])
    with suppress(OSError):  # nobody may want to know
        asker.send(STATUS.pack(pid))
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, asker))


def _ended(key: selectors.SelectorKey, selector: selectors.BaseSelector) -> None:
    pid, asker = key.data
    selector.unregister(key.fileobj)
    os.close(key.fd)
    _, status = os.waitpid(pid, 0)
    with asker, suppress(OSError):
        asker.send(STATUS.pack(os.waitstatus_to_exitcode(status)))


def _become(job: _Job) -> None:
    """Turn this fork into the command."""
    os.setsid()
    for number, descriptor in enumerate(job.descriptors):
        os.dup2(descriptor, number)
    os.closerange(3, 65536)
    os.chdir(job.folder)
    os.environ.clear()
    os.environ.update(job.env)
    # As the interpreter makes its own, in a locale of UTF-8.
    is_unbuffered = bool(job.env.get("PYTHONUNBUFFERED"))
    sys.stdin = io.TextIOWrapper(_raw(0, "rb"), "utf-8")
    sys.stdout = io.TextIOWrapper(
        _raw(1, "wb"), "utf-8", line_buffering=os.isatty(1), write_through=is_unbuffered
    )
    sys.stderr = io.TextIOWrapper(_raw(2, "wb"), "utf-8", "backslashreplace", line_buffering=True)
    sys.argv = job.argv
    if who := os.environ.pop(OPERATOR, ""):
        _change_user(*who.split())
    if clocks := os.environ.pop(CLOCKS, ""):
        arrange(clocks)
    entry()


def _change_user(user: str, group: str, umask: str) -> None:
    """For good: the kernel keeps no right of the former user (setresuid(2))."""
    os.umask(int(umask, 8))
    if int(user):
        os.setgroups([int(group)])
        os.setresgid(int(user), int(user), int(user))
        os.setresuid(int(user), int(user), int(user))
    if not os.access(sys.executable, os.X_OK):  # ours, in the home of root; helpers need any
        sys.executable = "/usr/bin/python3"


def _raw(descriptor: int, mode: str) -> BinaryIO:
    return cast(BinaryIO, open(descriptor, mode, closefd=False))


def main(requests: int) -> None:
    """`requests`: the descriptor to read them from."""
    for package in (controller, adapters):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for name in LATE:
        import_module(name)
    Rollout.model_rebuild()
    for kind in KINDS:
        adapter(kind)
    packed()
    gc.collect()
    gc.freeze()  # or each fork would copy the memory that it only looks through
    asked = socket.socket(fileno=requests)
    asked.send(STATUS.pack(os.getpid()))
    job = _serve(asked)
    if job is not None:
        _become(job)

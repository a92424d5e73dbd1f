"""A fork server: starts the command from a process that has imported it already.

Most of what a short command costs is its imports. A process made here is a real one, with its own
session, descriptors, signals and a whole interpreter that ends as any other; only its imports are
those of the server (see `forking`). What depends on how an interpreter starts is started by its
path instead.
"""

import asyncio
import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LONGEST: Final = 1 << 20
"""Bytes of one request: arguments and environment."""

SHARED: Final = "POOLROLL_TEST_FORK_SERVER"
"""A variable of the environment: the folder of the server that all workers of a run share."""

DOOR: Final = "door"
"""Name of the socket in the folder of the server."""

WAITING: Final = """
import select, sys
door, lifeline = map(int, sys.argv[1:])
if lifeline not in select.select([door, lifeline], [], [])[0]:
    from tests.support.forking import main
    main(door, lifeline)
"""
"""What the server runs: its imports take seconds, and most runs of a few tests start nothing."""

STATUS: Final = struct.Struct("i")

CLOCKS: Final = "CLOCKS_OF_TEST"
"""A variable of the environment like `3600 4`: an hour ahead, and four times as fast; or like
`3600 /tmp/set`: an hour ahead as soon as that file is there."""

OPERATOR: Final = "OPERATOR_OF_TEST"
"""A variable of the environment like `54001 54100 077`: a user, its only group, and its umask."""


CLOSED: Final = -1
"""Stands for a standard stream that is closed, as `>&-` of a shell does it."""


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
    """The server, from the side of the tests. Asking for it takes as long as all imports: no loop
    may run meanwhile."""

    def __init__(self, home: Path) -> None:
        """`home`: the folder that `hosted` made."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(str(home / DOOR))
        atexit.register(self._socket.close)
        assert self._socket.recv(STATUS.size), "the fork server could not start"

    def start(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        stdout: int,
        stderr: int,
        stdin: int | None = None,
    ) -> Process:
        """Start the command with `argv`, its own name first, in our working directory; without
        `stdin` it has nothing to read. Each of the three may be CLOSED."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, Path(os.devnull).open("rb") as nothing:
            first = nothing.fileno() if stdin is None or stdin == subprocess.DEVNULL else stdin
            streams = (first, stdout, stderr)
            closed = [number for number, stream in enumerate(streams) if stream == CLOSED]
            request = json.dumps([list(argv), dict(env), str(Path.cwd()), closed]).encode()
            given = [nothing.fileno() if stream == CLOSED else stream for stream in streams]
            socket.send_fds(self._socket, [request], [*given, theirs.fileno()])
        return Process(ours)


@contextmanager
def hosted() -> Iterator[Path]:
    """A folder of ours alone, in which a server listens. It imports nothing before somebody asks
    for it, is the same for all that do, and ends with this block or with our process."""
    lifeline, theirs = socket.socketpair()
    with (
        tempfile.TemporaryDirectory(prefix="pr-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
    ):
        door.bind(str(Path(folder) / DOOR))
        door.listen()
        with theirs:
            numbers = [door.fileno(), theirs.fileno()]
            server = subprocess.Popen(
                [sys.executable, "-c", WAITING, *map(str, numbers)],
                stdin=subprocess.DEVNULL,
                pass_fds=numbers,
                start_new_session=True,
            )
        door.close()
        try:
            yield Path(folder)
        finally:
            lifeline.close()
            server.wait()

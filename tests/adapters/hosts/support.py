"""What the tests of hosts share: tasks as the rollout file makes them, and who performs them."""

import os
import signal
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.hosts import HostTasks
from controller.foreign import Address
from controller.hosts import Access, HostCommand
from controller.tasks import Task, TaskJob
from tests.support.hosts.sshd import Sshd
from tests.support.open_files import open_files

LONG = timedelta(seconds=120)
KEY = "web-1/web1/upgrade-0-0"


def access(host: Sshd, port: int = 0, **more: Any) -> Access:
    """`port`: instead of the host's own."""
    way = Access(Address("127.0.0.1"), port=port or host.port, options=host.options)
    return replace(way, **{"connect_timeout": timedelta(seconds=10), **more})


def shell(
    host: Sshd, script: str, *, timeout: timedelta = LONG, ok: Iterable[int] = (0,), port: int = 0
) -> HostCommand:
    argv = ("/bin/sh", "-c", script)
    return HostCommand(access(host, port), argv, timeout, {"NAME": "web1"}, frozenset(ok))


def job(task: Task, key: str = KEY, **more: Any) -> TaskJob:
    return TaskJob(key, task, **more)


def tasks(folder: Path, **more: Any) -> HostTasks:
    """As one poolroll has them, with its state in `folder`."""
    return HostTasks(LocalCommands(folder / "jobs", SystemClock()), SystemClock(), **more)


def runs(folder: Path) -> str:
    """What a step has noted each time that it ran."""
    path = folder / "ran"
    return path.read_text() if path.exists() else ""


def drivers(folder: Path) -> list[int]:
    """Programs that drive ssh, of the poolroll with its state there."""
    mine = f"{folder}/".encode()
    return [
        int(entry.name)
        for entry in _processes()
        if b"adapters/hosts" in _read(entry / "cmdline") and mine in _read(entry / "environ")
    ]


def kill_all(folder: Path) -> None:
    """Helpers first: they would note how the programs have ended."""
    helpers = [int(entry.name) for entry in _processes() if _has_open(entry, f"{folder}/jobs/")]
    for pid in [pid for pid in helpers if pid != os.getpid()] + drivers(folder):
        os.kill(pid, signal.SIGKILL)


def _processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _has_open(process: Path, folder: str) -> bool:
    return any(name.startswith(folder) for name in open_files(int(process.name)))

"""What the tests of commands share: jobs of one line of shell, and what processes do."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from controller.tasks import Command, Job
from tests.support.open_files import open_files

LONG = timedelta(seconds=30)


def shell(
    script: str, timeout: timedelta = LONG, env: Mapping[str, str] | None = None, cwd: str = "."
) -> Command:
    return Command(("/bin/sh", "-c", script), timeout, env or {}, cwd)


def job(key: str, script: str, timeout: timedelta = LONG) -> Job:
    return Job(key, shell(script, timeout))


def commands(folder: Path, grace: float = 10.0, script: Path | None = None) -> LocalCommands:
    span = timedelta(seconds=grace)
    if script is None:
        return LocalCommands(folder, SystemClock(), grace=span)
    return LocalCommands(folder, SystemClock(), grace=span, script=script)


def is_running(pid: int) -> bool:
    """Whether the process does anything still; a zombie does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def pid_in(path: Path) -> int:
    """The process id that a step wrote to `path`, or 0 while it has not."""
    text = path.read_text() if path.exists() else ""
    return int(text) if text.endswith("\n") else 0


def holder_of(lock: Path) -> int:
    """The process that has `lock` open, other than this one."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        if str(lock) in open_files(int(entry.name)):
            return int(entry.name)
    raise AssertionError(f"nobody has {lock} open")

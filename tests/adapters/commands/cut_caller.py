"""A poolroll that is killed at every third line of its own code in turn, while it runs a job.

Usage: python -m tests.adapters.commands.cut_caller FOLDER MARKS. Job N is the one whose caller
was killed at the Nth line; it appends a line to MARKS/N. Prints the number of the first caller
that came to its end.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import adapters.commands
from adapters.commands import aside
from tests.adapters.commands.support import commands, job

APART = 3
"""Lines from one cut to the next; each cut is a process of its own."""

_OURS = str(Path(adapters.commands.__file__).parent)
_THREADS = aside.__file__
"""What is called there is cut at its own lines."""


def cut_at(line: int) -> None:
    """Kill this process when the `line`th line of `adapters.commands` is about to run."""
    left = line

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.startswith(_OURS) or frame.f_code.co_filename == _THREADS:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def main(folder: Path, marks: Path) -> None:
    line = 1 - APART
    killed = True
    while killed:
        line += APART
        pid = os.fork()
        if pid == 0:
            runner = commands(folder)
            cut_at(line)
            asyncio.run(runner.run(job(str(line), f"echo x >> {marks}/{line}")))
            os._exit(0)
        killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    print(line)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

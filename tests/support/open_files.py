"""What a process has open, as /proc shows it (proc(5))."""

import os
from contextlib import suppress
from pathlib import Path

GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def open_files(pid: int) -> list[str]:
    """Targets of its descriptors; one that it closes meanwhile is left out. Empty where it has
    ended, or is another user's."""
    found = []
    with suppress(*GONE):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(*GONE):
                found.append(os.readlink(fd))  # noqa: PTH115 - what it leads to may be no path
    return found

"""Lingering workers of a HAProxy on this machine. After a reload they serve their last connections,
which no Runtime API shows any more."""

from collections.abc import Collection
from pathlib import Path

_NAMES = ("haproxy", "hapee")
"""Process names of HAProxy and of HAProxy Enterprise."""


def any_alive(current: int, former: Collection[int], proc: Path = Path("/proc")) -> bool | None:
    """Whether one of `former` (process ids) still serves.

    None when it cannot be seen: `current`, which just answered, is no HAProxy of this process
    namespace. A pid that went to another HAProxy meanwhile counts as alive, which only waits
    longer.
    """
    if not _is_haproxy(current, proc):
        return None
    return any(_is_haproxy(pid, proc) for pid in former if pid != current)


def _is_haproxy(pid: int, proc: Path) -> bool:
    """By name and state in `/proc/PID/stat` (proc(5)): one that has ended and was not yet reaped
    serves nobody."""
    try:
        stat = (proc / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    name, _, rest = stat.partition("(")[2].rpartition(")")
    return name.startswith(_NAMES) and rest.split()[:1] not in (["Z"], ["X"])

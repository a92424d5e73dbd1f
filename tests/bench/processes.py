"""What a process has used so far, as the kernel tells."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """By one process so far: seconds of processor time, and its peak memory in MiB."""

    cpu: float
    peak: float


def used(pid: int) -> Used | None:
    """proc(5): fields 14 and 15 of `stat`, and `VmHWM` of `status`; None when it has ended."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM:")), None)
    if peak is None:  # a zombie
        return None
    return Used((int(after_name[11]) + int(after_name[12])) / TICKS, int(peak.split()[1]) / 1024)

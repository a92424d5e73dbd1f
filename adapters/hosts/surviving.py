"""Whether a folder is there after a reboot of this machine."""

from pathlib import Path
from typing import Final

VOLATILE: Final = ("tmpfs", "ramfs", "devtmpfs")
CLEARED: Final = (Path("/tmp"), Path("/run"), Path("/dev"))
"""Emptied at every boot, whatever they are made of (systemd-tmpfiles(8), hier(7))."""


def forgotten(folder: Path, mounts: str) -> str:
    """Why not, as a clause; empty: it is. `mounts`: as /proc/self/mounts has them (proc(5))."""
    place = folder.absolute()
    for cleared in CLEARED:
        if place.is_relative_to(cleared):
            return f"{place} is emptied when the machine starts"
    best, kind = Path("/"), ""
    for line in mounts.splitlines():
        words = line.split(" ")
        if len(words) < 3:
            continue
        mount = Path(words[1].replace("\\040", " "))
        if place.is_relative_to(mount) and len(mount.parts) >= len(best.parts):
            best, kind = mount, words[2]
    return f"{place} lies in memory ({kind})" if kind in VOLATILE else ""

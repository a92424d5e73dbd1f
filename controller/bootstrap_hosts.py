"""Who looks at the hosts of members."""

from functools import partial
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.hosts import HostLooks
from adapters.hosts.surviving import forgotten
from controller.bootstrap_state import StatePlace
from controller.ports import Commands, Hosts


def hosts(running: Commands, place: StatePlace) -> Hosts:
    return HostLooks(running, partial(_forgotten, place))


async def own_addresses() -> frozenset[str]:
    """Of this machine, not those of the loopback."""
    running = LocalCommands(Path("/nonexistent"), SystemClock())
    return (await HostLooks(running, str).own()).addresses


def _forgotten(place: StatePlace) -> str:
    """Why a reboot of this machine would lose the journal; empty: it would not."""
    if place.cluster is not None:
        return ""
    return forgotten(place.folder, Path("/proc/self/mounts").read_text("utf-8", "replace"))

"""Puts the real adapters behind the ports. The only module that imports `adapters`."""

import getpass
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.demo.haproxy import find_haproxy
from adapters.demo.load import Load
from adapters.demo.world import World as DemoWorld
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.probes import OutsideValidator
from adapters.storage.folder import default_state_dir, exists
from adapters.storage.journal import open_state as open_sqlite
from adapters.storage.lock import FileLock
from controller.core.settings import Settings
from controller.ports import Clock, Commands, Journal, LoadBalancer, Lock
from controller.session import World

__all__ = [
    "balancer",
    "clock",
    "commands",
    "demo_file",
    "demo_load",
    "demo_world",
    "exists",
    "lock",
    "open_state",
    "state_folder",
    "who",
    "world",
]


def clock() -> Clock:
    return SystemClock()


def who() -> str:
    """The operator, for records: `user@host`."""
    try:
        user = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def state_folder(option: str | None) -> Path:
    """Where the journal is. Raises StateError."""
    return Path(option) if option else default_state_dir(os.environ)


def open_state(folder: Path, *, create: bool) -> Journal:
    """Raises StateError."""
    return open_sqlite(folder, SystemClock(), create=create)


def balancer(settings: Settings) -> LoadBalancer:
    """Raises UsageFault."""
    return HaproxyLoadBalancer(settings.pool.apis, settings.pool.backends, SystemClock())


def commands(folder: Path) -> Commands:
    return LocalCommands(folder / "jobs", SystemClock())


def lock(folder: Path) -> Lock:
    return FileLock(folder, SystemClock(), who())


def world(settings: Settings, folder: Path, journal: Journal) -> World:
    """The ports of one run, all real."""
    running = commands(folder)
    return World(
        balancer=balancer(settings),
        commands=running,
        validator=OutsideValidator(running, SystemClock()),
        journal=journal,
        lock=lock(folder),
        clock=SystemClock(),
        by=who(),
    )


# --- the demo --------------------------------------------------------------------------------


def demo_world(folder: Path, members: int, haproxy: str | None) -> DemoWorld:
    """A HAProxy and its apps, on loopback. Raises PoolrollError without any HAProxy."""
    home = folder / "w"
    home.mkdir()
    return DemoWorld(home, members, haproxy=find_haproxy(haproxy))


def demo_file(pool: DemoWorld, behaviour: Mapping[str, Any] | None) -> Path:
    """A rollout file for the demo; `behaviour`: how v2 misbehaves."""
    return pool.rollout_file(
        soak="3s",
        upgrade={
            "command": [*pool.upgrade_argv("v2", behaviour, takes_ms=300), "--wait"],
        },
        gates=[
            {
                "name": "errors",
                "haproxy": {"measure": "error_ratio", "scope": "member"},
                "max": "1%",
                "every": "200ms",
            }
        ],
    )


def demo_load(pool: DemoWorld, rate: float) -> Load:
    """Users with keep-alive, some of them slow, some with a cookie."""
    return Load(pool.frontends, rate=rate, slow_share=0.02, slow_ms=300, sticky_share=0.3)

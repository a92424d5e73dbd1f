"""Pools of hosts: members that the rollout file lists, behind any balancer that scripts reach.
Settings only. Pure.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.tasks import Command

SETTLE: Final = timedelta(seconds=5)
BACKEND: Final = "hosts"
"""What such a pool is called where others name a backend."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """How the balancer is told, and asked, about one member."""

    out: Command
    back: Command
    """`in` of the rollout file."""
    state: Command


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    address: str
    port: int
    """0: it has none of its own."""
    scripts: Scripts


@dataclass(frozen=True, slots=True)
class ScriptedPool:
    hosts: tuple[Host, ...]
    every: timedelta
    """Shortest interval between two questions for the state of all members."""
    settle: timedelta = SETTLE
    """How long a member is to be out before nothing can be in flight, where nobody counts that."""

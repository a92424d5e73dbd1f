"""Pools of two, of which one is active and one stands by: users follow whoever is promoted.
Settings only. Pure.
"""

from dataclasses import dataclass
from datetime import timedelta

from controller.tasks import Command, Task


@dataclass(frozen=True, slots=True)
class Box:
    name: str
    address: str
    port: int
    """0: it has none of its own."""
    state: Command
    """Prints `ready` of the active one, `standby` of the other."""
    promote: Task
    """Makes this one the active one."""


@dataclass(frozen=True, slots=True)
class PairPool:
    boxes: tuple[Box, ...]
    every: timedelta
    """Shortest interval between two questions for the state of both."""
    settle: timedelta = timedelta(0)
    """How long one must have stood by before nobody uses it."""

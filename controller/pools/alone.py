"""Pools of servers that stand alone: nothing serves in place of a member that is out, so that to
upgrade it is a planned outage. Settings only. Pure.
"""

from dataclasses import dataclass
from datetime import timedelta

from controller.tasks import Task


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    address: str
    port: int
    """0: it has none of its own."""
    before: Task | None = None
    """Run once when its outage begins: a page of apology, a silence, a word to its users."""
    after: Task | None = None
    """Run once when it serves again."""


@dataclass(frozen=True, slots=True)
class AlonePool:
    servers: tuple[Server, ...]
    settle: timedelta = timedelta(0)
    """How long after `before` the first step waits, for users to go."""

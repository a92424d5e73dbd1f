"""How far the task of one place has come."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.kubernetes.pods.lines import Picture
from controller.core.pool import Instant
from controller.core.steps import Course

GONE_FOR: Final = timedelta(seconds=5)
"""So long nothing speaks of a place, between one pod and the next: then it has been given up."""


class Failed(Exception):
    """Why a task ended without success, in one line."""


@dataclass
class Progress:
    """Of one task."""

    place: str
    course: Course
    meant: frozenset[str]
    started: Instant
    timeout: timedelta
    patience: timedelta
    joins: bool
    lines: list[str] = field(default_factory=list)
    is_held: bool = False
    refused_since: Instant | None = None
    gone_since: Instant | None = None
    """Since when nothing has spoken of its place."""
    seen: Picture | None = None
    """What the last step was decided by."""
    before: frozenset[str] | None = None
    """UIDs of the pods that were there when it began."""
    others: frozenset[str] | None = None
    """Other places that got no traffic when it began: they may not become more."""

    def note(self, line: str) -> None:
        if not self.lines or self.lines[-1] != line:
            self.lines.append(line)

    def is_given_up(self, now: Instant, *, is_there: bool) -> bool:
        """Whether the workload has no such place any more: it was scaled down, or a Node left."""
        if is_there:
            self.gone_since = None
            return False
        self.gone_since = self.gone_since or now
        return now - self.gone_since >= GONE_FOR

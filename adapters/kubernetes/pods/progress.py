"""How far the replacement of one pod has come."""

from dataclasses import dataclass, field
from datetime import timedelta

from adapters.kubernetes.pods.lines import Picture
from controller.core.pool import Instant
from controller.core.steps import Course


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
    seen: Picture | None = None
    """What the last step was decided by."""
    others: frozenset[str] | None = None
    """Other places that got no traffic when it began: they may not become more."""

    def note(self, line: str) -> None:
        if not self.lines or self.lines[-1] != line:
            self.lines.append(line)

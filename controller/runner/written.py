"""A record under way to the disk."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from controller.core.events import Event
from controller.core.pool import Instant
from controller.errors import StateError
from controller.journal.codec import encode
from controller.runner.moved_out import Moved

Written = asyncio.Task[str]
"""Its result is the trouble of the journal, if any."""


@dataclass(slots=True)
class Entry:
    """What is to be written in one turn."""

    at: Instant
    event: Event
    record: tuple[str, str]
    moved: Moved = ((), ())
    is_being_tried: bool = False

    @classmethod
    def of(cls, event: Event, at: Instant, moved: Moved = ((), ())) -> "Entry":
        return cls(at, event, encode(event), moved)

    def become(self, event: Event) -> None:
        """Another one, which moves nobody."""
        self.event, self.record, self.moved = event, encode(event), ((), ())


def trouble_of(writing: Written) -> str:
    """Raises LeaseLost."""
    with suppress(StateError):  # it was given up meanwhile
        return writing.result()
    return ""


def retrieved(writing: Written) -> None:
    """Its error is that of the chain, and is raised by whoever waits for that."""
    if not writing.cancelled():
        writing.exception()

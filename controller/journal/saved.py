"""Snapshots of members, as the journal notes them: what was made, reverted to, dropped.

A note is written before the command runs, so that none is lost whatever is killed when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import TypeAdapter

from controller.errors import StateError
from controller.ports import Journal

KEY: Final = "snapshot."
"""Of its notes, before the snapshot's id."""
REMEMBERED: Final = 50
"""Dropped ones of a name that are still listed, the newest."""


class SavedState(StrEnum):
    MAKING = "not known"
    """It was begun, and its end is not noted."""
    MADE = "made"
    FAILED = "failed"
    """It could not be made; something of it may be there all the same."""
    REVERTED = "reverted"
    """Its member was brought back to it; it is there still."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class SavedMember:
    """One snapshot."""

    id: str
    rollout: str
    member: str
    address: str
    port: int
    made: datetime
    by: str
    state: SavedState
    keep: timedelta | None = None
    """None: until somebody drops it."""
    changed: datetime | None = None
    tries: int = 0
    """To drop it."""
    is_dropping: bool = False
    """A try was begun whose end is not noted."""
    why: str = ""
    """Why it could not be dropped, for people."""

    @property
    def until(self) -> datetime | None:
        return None if self.keep is None else self.made + self.keep

    def is_over(self, now: datetime) -> bool:
        """Whether it is there, and its time is over."""
        until = self.until
        return self.state is not SavedState.DROPPED and until is not None and now >= until


@cache
def _adapter() -> TypeAdapter[SavedMember]:
    return TypeAdapter(SavedMember)


async def saved(journal: Journal, name: str) -> list[SavedMember]:
    """Of the rollouts of that name, oldest first. Raises StateError."""
    return saved_in(await journal.notes(name))


def saved_in(notes: Mapping[str, str]) -> list[SavedMember]:
    found = [_read(text) for key, text in notes.items() if key.startswith(KEY)]
    return sorted(found, key=lambda one: (one.made, one.id))


def _read(text: str) -> SavedMember:
    try:
        return _adapter().validate_json(text)
    except ValueError as error:
        raise StateError(f"the note of a snapshot cannot be read: {error}") from None


async def note(journal: Journal, name: str, one: SavedMember) -> None:
    """In the place of the former note. Raises StateError."""
    await journal.note(name, KEY + one.id, _adapter().dump_json(one).decode())


async def forget_old(journal: Journal, name: str) -> None:
    """Of those that are dropped, the newest are remembered. Raises StateError."""
    gone = [one for one in await saved(journal, name) if one.state is SavedState.DROPPED]
    for one in gone[:-REMEMBERED]:
        await journal.note(name, KEY + one.id, None)

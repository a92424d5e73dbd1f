"""What was prepared of members, as the journal notes it: by whom, when, and what."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import TypeAdapter

from controller.core.pool import Member, Occupant
from controller.errors import StateError
from controller.ports import Journal

KEY: Final = "prepared."
"""Of its notes, before a digest of the member's name."""


class Stage(StrEnum):
    BEGUN = "begun"
    """Its end is not noted."""
    PREPARED = "prepared"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PreparedMember:
    id: str
    """Of the `prepare` that did it: a later one has another."""
    member: str
    by: str
    at: datetime
    stage: Stage
    purpose: str
    """A digest of what was run."""
    digest: str = ""
    """Of what the steps printed, or of what the fingerprint says."""
    is_fingerprint: bool = False
    why: str = ""
    """Why it failed, for people."""
    address: str = ""
    """Of whom it was done to: another machine may have the name now, or another pool. Nothing in
    notes of older versions."""

    def is_of(self, member: Member) -> bool:
        return self.address in ("", place_of(member))


def place_of(member: Member) -> str:
    return str(Occupant("", member.address, member.port))


@cache
def _adapter() -> TypeAdapter[PreparedMember]:
    return TypeAdapter(PreparedMember)


async def prepared(journal: Journal, name: str) -> dict[str, PreparedMember]:
    """By the names of members. Raises StateError."""
    notes = await journal.notes(name)
    try:
        found = [_adapter().validate_json(text) for key, text in notes.items() if _is_ours(key)]
    except ValueError as error:
        raise StateError(f"the note of what is prepared cannot be read: {error}") from None
    return {one.member: one for one in found}


def _is_ours(key: str) -> bool:
    return key.startswith(KEY)


async def note(journal: Journal, name: str, one: PreparedMember) -> None:
    """In the place of the former note of that member. Raises StateError."""
    key = KEY + hashlib.sha256(one.member.encode()).hexdigest()[:24]
    await journal.note(name, key, _adapter().dump_json(one).decode())


def digest_of(text: str) -> str:
    """White space at the ends does not count."""
    return hashlib.sha256(text.strip().encode()).hexdigest()

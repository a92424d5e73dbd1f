"""Idempotency keys of steps (S7): the same step of a member always has the same key."""

import hashlib
from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from controller.core.pool import Occupant, Seat
from controller.core.steps import SNAPSHOT, RunStep

LONGEST: Final = 200
"""Longest name in a key: keys become folders, whose names have at most 255 bytes (pathconf(3),
NAME_MAX)."""


def key_of(rollout: str, step: RunStep) -> str:
    """A key for `controller.ports.Job`, valid for any member name."""
    what = f"{step.index}-{step.attempt}"
    if step.index == SNAPSHOT:
        what = f"snapshot-{step.snapshot}"  # each has a number of its own
    return f"{rollout}/{_part(step.member)}/{step.course}-{what}"


def errand_key(rollout: str, member: str, what: str) -> str:
    """Of a command about a member that is no step of a rollout."""
    return f"{rollout}/{_part(member)}/{what}"


def places_of(seats: Collection[Seat]) -> frozenset[str]:
    """For `TaskJob.places`: the lines of the member, and where it serves. Two pools may use one
    name for their members (S7); one pool that is reached another way keeps its addresses (S10)."""
    known = {f"{seat.key.instance} {seat.key.backend}" for seat in seats}
    return frozenset(known | {str(seat.occupant) for seat in seats})


def place_at(address: str, port: int) -> frozenset[str]:
    """The same of a member of which no more is known."""
    return frozenset({str(Occupant("", address, port))})


def _part(name: str) -> str:
    """The name, quoted where needed; no two names have the same part."""
    part = "%2E" * len(name) if name in (".", "..") else quote(name, safe="").replace("~", "%7E")
    if len(part) <= LONGEST:
        return part
    # `%-` is in no quoted name, so a short name is never taken for a long one.
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]
    return f"{part[: LONGEST // 2]}%-{digest}"

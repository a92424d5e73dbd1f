"""Names of Leases, and refusals that name who holds one. Pure."""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from adapters.kubernetes.lease.record import LeaseRecord
from controller.errors import PoolHeld, StateError

_LONGEST: Final = 200
_ROLLOUT: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


def name_held(name: str, record: LeaseRecord) -> PoolHeld:
    return PoolHeld(f"rollout '{name}' is held by {record.words}")


def pool_held(record: LeaseRecord, common: Iterable[str]) -> PoolHeld:
    """`common`: of the pool, what both want."""
    first, *others = sorted(common)
    more = f" and {len(others)} more" if others else ""
    by = f"rollout '{record.rollout}', " if record.rollout else ""
    return PoolHeld(f"the pool ({first}{more}) is held by {by}{record.words}")


def is_name(name: str) -> bool:
    """Whether it is the name of a rollout, so that names of objects can be made of it."""
    return _ROLLOUT.fullmatch(name) is not None


def slug(text: str) -> str:
    """`text`, like `statefulset/web` or `nodes/role=web`, as a part of a name in Kubernetes: as it
    is where that can be, else with a number that tells it from others."""
    plain = re.sub(r"[^a-z0-9-]", "-", text.lower().replace("/", "-", 1))
    if (
        plain == text.replace("/", "-", 1)
        and len(plain) <= _LONGEST
        and plain[-1:] not in ("", "-")
    ):
        return plain
    return f"{plain[:_LONGEST]}-{sha256(text.encode()).hexdigest()[:8]}"


def check_name(name: str) -> None:
    """Names become names of objects. Raises StateError."""
    if not is_name(name):
        raise StateError(f"{name[:80]!r} is not the name of a rollout")

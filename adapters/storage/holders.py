"""Holders of pools: the record next to a lock file, and the refusal that names the holder."""

import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.storage.folder import make_file, mapped
from controller.core.pool import PoolKey
from controller.errors import PoolHeld
from controller.records import Holder

_MAX_BYTES = 4 * 1024 * 1024
"""Of a record: the keys of 10,000 members in a few backends, with room."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A holder, and the pool it holds."""

    holder: Holder
    keys: frozenset[PoolKey] = frozenset()


def encode_claim(claim: Claim) -> str:
    holder = claim.holder
    return json.dumps(
        {
            "rollout": holder.rollout,
            "pid": holder.pid,
            "host": holder.host,
            "user": holder.by,
            "since": holder.since.isoformat(),
            "keys": sorted(claim.keys),
        },
        indent=1,
    )


def decode_claim(text: str) -> Claim | None:
    """None for anything that `encode_claim` did not write."""
    try:
        raw = json.loads(text)
        holder = Holder(
            rollout=str(raw["rollout"]),
            pid=int(raw["pid"]),
            host=str(raw["host"]),
            by=str(raw["user"]),
            since=datetime.fromisoformat(raw["since"]),
        )
        return Claim(holder, frozenset(_keys(raw["keys"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _keys(raw: object) -> list[PoolKey]:
    """Raises TypeError or ValueError for what is no list of keys."""
    if not isinstance(raw, list):
        raise TypeError("keys must be a list")
    return [_key(each) for each in raw]


def _key(raw: object) -> PoolKey:
    """A live process of an older version wrote its two parts separately. Raises ValueError."""
    match raw:
        case str():
            return raw
        case [str(backend), str(address)]:
            return f"{backend}/{address}"
    raise ValueError("a key must be text, or a pair of texts")


def write_claim(path: Path, claim: Claim) -> None:
    """Replace the record whole. It need not survive a power cut, since no lock does; who may
    read it stays as it was.

    Raises StateError.
    """
    fresh = path.with_name(path.name + ".new")
    with mapped(path):
        fresh.unlink(missing_ok=True)
        make_file(fresh)
        with suppress(FileNotFoundError, PermissionError):  # another user's file has another owner
            fresh.chmod(stat.S_IMODE(path.stat().st_mode) & ~stat.S_IWOTH)
        fresh.write_text(encode_claim(claim), encoding="utf-8")
        fresh.replace(path)


def read_claim(path: Path) -> Claim | None:
    """None where there is no readable record. Raises StateError."""
    with mapped(path):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as file:
                content = file.read(_MAX_BYTES)
        except FileNotFoundError:
            return None
    return decode_claim(content.decode("utf-8", errors="replace"))


def name_held(name: str, claim: Claim | None) -> PoolHeld:
    return PoolHeld(f"rollout '{name}' is held by {_who(claim)}")


def pool_held(name: str, claim: Claim | None, common: Iterable[PoolKey]) -> PoolHeld:
    """`common`: keys that both want; empty when the other's record cannot be read."""
    keys = sorted(common)
    if not keys:
        return PoolHeld(f"the pool may be held by rollout '{name}', {_who(claim)}")
    more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
    return PoolHeld(f"the pool ({keys[0]}{more}) is held by rollout '{name}', {_who(claim)}")


def _who(claim: Claim | None) -> str:
    if claim is None:
        return "a live process whose record cannot be read"
    holder = claim.holder
    return (
        f"pid {holder.pid} on host {holder.host}, user {holder.by}, "
        f"since {holder.since:%Y-%m-%d %H:%M:%S} UTC"
    )

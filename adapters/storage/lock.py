"""The lock on a pool: one controller per pool, by `flock` (S10)."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

from adapters.storage.flocks import guard, is_locked, open_lock, reading_guard, try_lock
from adapters.storage.holders import Claim, name_held, pool_held, read_claim, write_claim
from controller.core.pool import PoolKey
from controller.errors import PoolHeld, StateError
from controller.ports import Clock
from controller.records import Holder

_NAME = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


class FileLock:
    """Implements `controller.ports.Lock` on a state folder.

    The process with the flock on its file holds a rollout, whatever the record says: the kernel
    releases it when the process ends (flock(2)), so a record without the lock is stale, and process
    ids, which are reused, decide nothing. Children do not inherit it over exec. One instance holds
    one rollout at a time.
    """

    def __init__(self, folder: Path, clock: Clock, who: str) -> None:
        """`who`: the user, as shown to others. Touches nothing yet."""
        self._folder = folder
        self._clock = clock
        self._who = who
        self._is_holding = False

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator["FileHold"]:
        """Hold the rollout `name` until the block ends.

        Raises PoolHeld, which names the holder, and StateError.
        """
        _check(name)
        if self._is_holding:
            raise RuntimeError("one FileLock holds one rollout at a time")
        fd, claim = self._acquire(name)
        self._is_holding = True
        hold = FileHold(self._folder, name, claim)
        try:
            yield hold
        finally:
            self._is_holding = False
            hold.is_over = True
            os.close(fd)

    async def glance(self, name: str) -> None:
        """The kernel says at once that a holder is dead."""

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        """Creates nothing, and needs read permission only."""
        _check(name)
        with reading_guard(self._folder) as locks:
            if locks is None:
                return None
            if is_locked(locks / f"{name}.lock"):
                return str(name_held(name, read_claim(locks / f"{name}.json")))
            held = _held_by_another(locks, name, frozenset(keys))
        return None if held is None else str(held)

    async def holder(self, name: str) -> Holder | None:
        """Creates nothing, and needs read permission only."""
        _check(name)
        with reading_guard(self._folder) as locks:
            if locks is None or not is_locked(locks / f"{name}.lock"):
                return None
            record = locks / f"{name}.json"
            claim = read_claim(record)
        if claim is None:
            raise StateError(f"state folder: {record}: held, but the record cannot be read")
        return claim.holder

    def _acquire(self, name: str) -> tuple[int, Claim]:
        with guard(self._folder) as locks:
            path = locks / f"{name}.lock"
            record = locks / f"{name}.json"
            fd = open_lock(path)
            try:
                if not try_lock(fd, path):
                    raise name_held(name, read_claim(record))
                claim = Claim(
                    Holder(name, os.getpid(), socket.gethostname(), self._who, self._clock.wall())
                )
                write_claim(record, claim)
            except BaseException:
                os.close(fd)
                raise
        return fd, claim


class FileHold:
    """Implements `controller.ports.Hold`. It is never lost: the kernel keeps a flock for as long
    as this process has the file open (flock(2))."""

    def __init__(self, folder: Path, name: str, claim: Claim) -> None:
        self.is_over = False
        self._folder = folder
        self._name = name
        self._claim = claim

    async def add(self, keys: Collection[PoolKey]) -> None:
        """Hold `keys` too, besides those held already.

        All or none: when another live holder has any of them, raises PoolHeld, which names one
        of them and the holder. A holder whose record cannot be read is taken to hold everything.
        Raises StateError.
        """
        if self.is_over:
            raise RuntimeError("keys are added inside the block that holds the name")
        claim = Claim(self._claim.holder, self._claim.keys | frozenset(keys))
        with guard(self._folder) as locks:
            if (refused := _held_by_another(locks, self._name, claim.keys)) is not None:
                raise refused
            write_claim(locks / f"{self._name}.json", claim)
        self._claim = claim

    async def check(self) -> None: ...

    async def lost(self) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError("this event is never set")


def _held_by_another(locks: Path, but: str, keys: frozenset[PoolKey]) -> PoolHeld | None:
    for name in _live(locks, but):
        other = read_claim(locks / f"{name}.json")
        common = keys & other.keys if other else frozenset()
        if other is None or common:
            return pool_held(name, other, common)
    return None


def _live(locks: Path, but: str) -> list[str]:
    """Names of the rollouts that are held now, except `but`."""
    return [
        path.stem for path in sorted(locks.glob("*.lock")) if path.stem != but and is_locked(path)
    ]


def _check(name: str) -> None:
    """Names become file names: refuse anything that could leave the folder."""
    if not _NAME.fullmatch(name):
        raise StateError(f"{name[:80]!r} is not the name of a rollout")

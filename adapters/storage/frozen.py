"""A journal that this user may only read.

SQLite's WAL mode needs the companion file `-shm`, which the last writer takes away with it and
which only those can make who may write into the folder (SQLite, "Write-Ahead Logging", section
5). Where it is there, SQLite reads as always, beside any writer. Where it is not, nobody has the
journal open: the file is whole and at rest, and is read as one that cannot change ("Uniform
Resource Identifiers", `immutable`) for as long as it does not. A change is noticed, and what was
read meanwhile is read again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.storage.database import open_database
from adapters.storage.folder import mapped
from controller.errors import StateError

_TRIES: Final = 100
"""Readings that may be overtaken by a writer. The first that meets one at work reads beside it."""

_State = tuple[int, int, int, int]


def is_unopenable(error: sqlite3.Error) -> bool:
    """Whether the file, or a companion that would have to be made, cannot be opened."""
    name = str(getattr(error, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))


class FrozenDatabase:
    """Reads `path`, and reads anew what has changed. `opened`: how it is opened where its
    companion is there; raises sqlite3.Error."""

    def __init__(
        self, path: Path, opened: Callable[[Path], sqlite3.Connection] = open_database
    ) -> None:
        self._path = path
        self._opened = opened
        self._db: sqlite3.Connection | None = None
        self._taken: _State | None = None
        """How the file stood when it was opened as one that cannot change; None: it was not."""

    def read(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Raises sqlite3.Error, StateError."""
        for _ in range(_TRIES):
            db = self._current()
            taken = self._taken
            try:
                rows = db.execute(query, values).fetchall()
            except sqlite3.DatabaseError:
                if taken is None or taken == self._state():
                    raise
                continue
            if taken is None or taken == self._state():
                return rows
        raise StateError(f"journal {self._path}: it changes faster than it can be read")

    def close(self) -> None:
        """May be called again."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _current(self) -> sqlite3.Connection:
        if self._db is not None and (self._taken is None or self._taken == self._state()):
            return self._db
        self.close()
        state = self._state()
        try:
            self._db, self._taken = self._opened(self._path), None
        except sqlite3.Error as error:
            *_, log = state
            if not is_unopenable(error) or log > 0:
                raise  # a log is there, but not its index: who may write must open it first
            uri = f"{self._path.absolute().as_uri()}?immutable=1"
            self._db, self._taken = sqlite3.connect(uri, uri=True, isolation_level=None), state
        return self._db

    def _state(self) -> _State:
        """Who changes the file has the log beside it meanwhile."""
        with mapped(self._path):
            there = self._path.stat()
            try:
                log = self._path.with_name(f"{self._path.name}-wal").stat().st_size
            except FileNotFoundError:
                log = 0
        return there.st_ino, there.st_size, there.st_mtime_ns, log

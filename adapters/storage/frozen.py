"""Read-only access to a journal.

SQLite's WAL mode needs the companion file `-shm`. The last writer removes it, and only users with
write permission on the folder can create it (SQLite, "Write-Ahead Logging", section 5). If it
exists, SQLite reads as usual, beside any writer. If not, no process has the journal open: the file
is complete, and is read as immutable ("Uniform Resource Identifiers", `immutable`) for as long as
it does not change. A change is noticed, and what was read meanwhile is read again.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from adapters.storage.database import open_database
from adapters.storage.folder import mapped
from controller.errors import StateError

_TRIES: Final = 100
"""Reads that a writer may invalidate. Once a writer has the journal open, reads are safe."""

_State = tuple[int, int, int, int]


def is_unopenable(error: sqlite3.Error) -> bool:
    """Whether the file, or a companion file that must be created, cannot be opened."""
    name = str(getattr(error, "sqlite_errorname", ""))
    return name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))


class FrozenDatabase:
    """Reads `path`, and reads again what has changed. `opened`: opens it where its companion file
    exists; raises sqlite3.Error."""

    def __init__(
        self, path: Path, opened: Callable[[Path], sqlite3.Connection] = open_database
    ) -> None:
        self._path = path
        self._opened = opened
        self._db: sqlite3.Connection | None = None
        self._taken: _State | None = None
        """The state of the file when it was opened as immutable; None: it was not."""

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
                raise  # a log without its index: a user who may write must open it first
            uri = f"{self._path.absolute().as_uri()}?immutable=1"
            self._db, self._taken = sqlite3.connect(uri, uri=True, isolation_level=None), state
        return self._db

    def _state(self) -> _State:
        """Inode, size, time of change, and size of the log, which exists while a process writes."""
        with mapped(self._path):
            there = self._path.stat()
            try:
                log = self._path.with_name(f"{self._path.name}-wal").stat().st_size
            except FileNotFoundError:
                log = 0
        return there.st_ino, there.st_size, there.st_mtime_ns, log

"""The connection to the journal's database: reads, write transactions, errors as StateError."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.storage.database import has_schema, mapped, open_database, version_of
from adapters.storage.folder import DATABASE
from adapters.storage.frozen import FrozenDatabase, is_unopenable
from controller.errors import StateError, StateGone


class Connection:
    """Belongs to the thread that made it. Several processes may write.

    Raises StateError when there is no journal, or when it is damaged, of a newer version, or may
    not be read by this user; who may only read it is refused when writing.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / DATABASE
        self._inode = _inode(self.path)
        self._frozen: FrozenDatabase | None = None
        with mapped(self.path):
            try:
                self._db = open_database(self.path)
            except sqlite3.Error as error:
                if not is_unopenable(error) or not os.access(self.path, os.R_OK):
                    raise
                self._frozen = FrozenDatabase(self.path)
        try:
            if not has_schema(self.read):
                raise StateError(f"there is no state in {folder}: its journal is empty")
        except BaseException:
            self.close()
            raise

    @property
    def is_read_only(self) -> bool:
        """Whether this user may only read it."""
        return self._frozen is not None

    @property
    def version(self) -> int:
        """Of the schema; another process may migrate it at any time."""
        return version_of(self.read)

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with mapped(self.path):
            if self._frozen is not None:
                return self._frozen.read(query, values)
            self._require_place()
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: on disk when the block has ended, and nothing of it when it raised."""
        # IMMEDIATE: a transaction that reads first and writes later fails at once with "busy"
        # when another process wrote in between (SQLite, "Write-Ahead Logging", section 2.2).
        if self._frozen is not None:
            raise StateError(f"journal {self.path}: it cannot be written by this user")
        self._require_place()
        with mapped(self.path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
        self._require_place()  # removed meanwhile, it has kept nothing

    def _require_place(self) -> None:
        """An open file that was removed takes writes as before, and keeps nothing."""
        if self._inode is not None and _inode(self.path) != self._inode:
            raise StateGone(f"journal {self.path}: it was removed or replaced while in use")

    def close(self) -> None:
        """Nothing else may be called afterwards but `close`."""
        with mapped(self.path):
            (self._frozen or self._db).close()


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None

"""Notes about the rollouts of a name, in a table that is made when the first one is kept: a journal
without it is read, and written, by former versions as before."""

from collections.abc import Mapping
from typing import Final

from adapters import journal_text
from adapters.storage.connection import Connection

_TABLE: Final = """CREATE TABLE IF NOT EXISTS notes (
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (name, key)
    )"""
_IS_THERE: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'notes'"


class Notes:
    """Raises StateError."""

    _db: Connection

    def note(self, name: str, key: str, text: str | None) -> None:
        journal_text.checked(text or "", f"the note {key}")
        with self._db.writing() as db:
            db.execute(_TABLE)
            if text is None:
                db.execute("DELETE FROM notes WHERE name = ? AND key = ?", (name, key))
            else:
                db.execute("INSERT OR REPLACE INTO notes VALUES (?,?,?)", (name, key, text))

    def notes(self, name: str) -> Mapping[str, str]:
        if not self._db.read(_IS_THERE):
            return {}
        return dict(self._db.read("SELECT key, text FROM notes WHERE name = ? ORDER BY key", name))

"""The journal's SQLite database: schema, opening, and error messages for operators."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from controller.errors import StateError

SCHEMA = 3
FORMER = 1
"""The oldest schema that is read, and migrated when it is opened to write (see `migration`)."""

APPLICATION = 0x706F6F6C
"""`pool`, in the file's header (SQLite, "Database File Format", section 1.3.17)."""

BUSY = 5.0
"""Seconds to wait for another process's write, which takes milliseconds."""

TAKEN = """CREATE TABLE taken (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        member TEXT NOT NULL,
        rollout TEXT NOT NULL,
        found TEXT NOT NULL
    )"""
REQUESTS = (
    """CREATE TABLE requests (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        rollout TEXT NOT NULL REFERENCES rollouts (id),
        verb TEXT NOT NULL,
        reason TEXT NOT NULL,
        user TEXT NOT NULL,
        wall TEXT NOT NULL
    )""",
    "CREATE INDEX requests_by_rollout ON requests (rollout, seq)",
)
KEPT = (
    """CREATE TABLE summaries (
        rollout TEXT PRIMARY KEY REFERENCES rollouts (id),
        seq INTEGER NOT NULL,
        body TEXT NOT NULL
    )""",
    """CREATE TABLE snapshots (
        rollout TEXT PRIMARY KEY REFERENCES rollouts (id),
        seq INTEGER NOT NULL,
        hash BLOB NOT NULL,
        body BLOB NOT NULL
    )""",
)
_TABLES = (
    """CREATE TABLE rollouts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        file TEXT NOT NULL,
        path TEXT NOT NULL,
        sets TEXT NOT NULL,
        started TEXT NOT NULL,
        user TEXT NOT NULL,
        ended TEXT,
        outcome TEXT,
        exit_code INTEGER,
        link TEXT NOT NULL DEFAULT '',
        pruned TEXT NOT NULL DEFAULT ''
    )""",
    "CREATE INDEX rollouts_by_name ON rollouts (name, seq)",
    """CREATE TABLE records (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        rollout TEXT NOT NULL REFERENCES rollouts (id),
        wall TEXT NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        hash BLOB
    )""",
    "CREATE INDEX records_by_rollout ON records (rollout, seq)",
    TAKEN,
)

_WORDS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_BUSY": f"another process has been writing for more than {BUSY:.0f} s",
    "SQLITE_CORRUPT": "the file is damaged; move it away, or restore a backup",
    "SQLITE_NOTADB": "the file is damaged or not a journal; move it away, or restore a backup",
    "SQLITE_READONLY": "it cannot be written by this user",
    "SQLITE_PERM": "this user has no permission",
    "SQLITE_CANTOPEN": "it, or its companion file, cannot be opened by this user",
    "SQLITE_IOERR": "the disk reported an error",
}


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turns SQLite's errors, and those about text that is not UTF-8, into StateError."""
    try:
        yield
    except (sqlite3.Error, UnicodeError) as error:
        kind = DiskFull if is_full(error) else StateError
        raise kind(f"journal {path}: {explain(error)}") from error


class DiskFull(StateError):
    """There is no space left for the journal."""


def is_full(error: Exception) -> bool:
    """A quota that is used up comes as a write error."""
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


def explain(error: Exception) -> str:
    """The error as a message for operators; extended result codes follow their primary one."""
    if isinstance(error, UnicodeDecodeError):
        return _WORDS["SQLITE_CORRUPT"]
    if isinstance(error, UnicodeEncodeError):
        return "it holds UTF-8 alone, and this text is not"
    name = str(getattr(error, "sqlite_errorname", ""))
    known = _WORDS.get("_".join(name.split("_")[:2]))
    return f"{known} ({name})" if known else str(error)


def open_database(path: Path) -> sqlite3.Connection:
    """A connection to the existing file `path`, whose commits are on disk when they return.

    Nothing is created. Raises sqlite3.Error.
    """
    uri = f"{path.absolute().as_uri()}?mode=rw"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY)
    try:
        # In WAL mode, FULL syncs the log at every commit (SQLite, "PRAGMA synchronous").
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA schema_version")
    except BaseException:
        db.close()
        raise
    return db


Read = Callable[[str], list[tuple[Any, ...]]]


def has_schema(read: Read) -> bool:
    """Whether it is a journal that can be read; False for an empty file.

    Raises StateError for one of a newer version or of another program, and sqlite3.Error.
    """
    application = _number(read, "PRAGMA application_id")
    version = version_of(read)
    if application == APPLICATION and version > SCHEMA:
        raise StateError(
            f"the journal was written by a newer poolroll (schema {version}, this one knows "
            f"{SCHEMA}); use that one, or another state folder (--state)"
        )
    if application == APPLICATION and FORMER <= version <= SCHEMA:
        return True
    if (application, version) == (0, 0) and not _number(read, "SELECT count(*) FROM sqlite_master"):
        return False
    raise StateError("the database in the state folder is not a journal of poolroll")


def create_schema(path: Path) -> None:
    """Turn an empty file into a journal; leave one that is a journal already. To be called by one
    process at a time, for the change to WAL does not wait for others.

    Raises StateError and sqlite3.Error.
    """
    with closing(open_database(path)) as db:
        if has_schema(lambda query: db.execute(query).fetchall()):
            return
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StateError(f"journal {path}: its filesystem does not allow SQLite's WAL mode")
        with db:
            db.execute("BEGIN IMMEDIATE")
            for statement in (*_TABLES, *REQUESTS, *KEPT):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {SCHEMA}")


def version_of(read: Read) -> int:
    """Version of the schema."""
    return _number(read, "PRAGMA user_version")


def _number(read: Read, query: str) -> int:
    return int(read(query)[0][0])

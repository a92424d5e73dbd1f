"""Schema migration of a journal from versions 1 and 2.

Version 2 had no hashes, and nothing that saves reading records.

Version 1 stored backend and address of a member that is out; now there is one key, as the HAProxy
adapter makes it. It stored requests by rollout name, and marked those that a run had acted on. A
pending request belongs to the newest rollout of its name, as `begin` marked all older ones.
Request numbers stay the same: `State.heard` refers to them.
"""

import sqlite3
from typing import Final

from adapters.storage.database import FORMER, KEPT, REQUESTS, SCHEMA, TAKEN

KEY_V1: Final = "backend || '/' || address"

PENDING_V1: Final = """
    SELECT requests.seq, rollouts.id AS rollout, verb, reason, requests.user, wall
    FROM requests JOIN rollouts ON rollouts.seq =
        (SELECT max(newest.seq) FROM rollouts AS newest WHERE newest.name = requests.name)
    WHERE acknowledged = 0
"""
"""Requests of a journal of version 1, as the rows of the present table."""


def migrate(db: sqlite3.Connection, version: int) -> None:
    """Inside a transaction on a journal of that version. Raises sqlite3.Error."""
    if version == FORMER:
        _from_v1(db)
    for column in ("link", "pruned"):
        db.execute(f"ALTER TABLE rollouts ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE records ADD COLUMN hash BLOB")
    for statement in KEPT:
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def _from_v1(db: sqlite3.Connection) -> None:
    pending = db.execute(PENDING_V1).fetchall()
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'requests'").fetchone()
    out = db.execute(f"SELECT {KEY_V1}, member, rollout, found FROM taken ORDER BY seq").fetchall()
    db.execute("DROP TABLE taken")
    db.execute(TAKEN)
    db.executemany("INSERT INTO taken (key, member, rollout, found) VALUES (?,?,?,?)", out)
    db.execute("DROP TABLE requests")  # its index goes with it
    for statement in REQUESTS:
        db.execute(statement)
    db.executemany(
        "INSERT INTO requests (seq, rollout, verb, reason, user, wall) VALUES (?,?,?,?,?,?)",
        pending,
    )
    if last is not None:
        # The next number is above every former one (SQLite, "SQLite Autoincrement").
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'requests'")
        db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('requests', ?)", last)

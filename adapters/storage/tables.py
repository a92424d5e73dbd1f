"""Tables of the journal, read and written by blocking calls: the one place with SQL."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from adapters import journal_text
from adapters.storage import codec
from adapters.storage.connection import Connection
from adapters.storage.database import SCHEMA, DiskFull
from adapters.storage.key import key_of
from adapters.storage.migration import KEY_V1, PENDING_V1
from adapters.storage.reserve import release
from controller.core.pool import Instant, PoolKey
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, Request, Returned, RolloutRow, Taken, Verb

_ROLLOUT: Final = "id, name, file, path, sets, started, user, ended, outcome, exit_code"
_RECORD: Final = "seq, rollout, wall, at, kind, body"
_TAKEN: Final = "key, member, rollout, found"
_TAKEN_V1: Final = f"(SELECT seq, {KEY_V1} AS key, member, rollout, found FROM taken)"
_BEGUN: Final = "EXISTS (SELECT 1 FROM records WHERE records.rollout = rollouts.id)"
"""Version 1 could be killed between a rollout's row and its first record: then nothing began."""
_PENDING: Final = "SELECT seq, rollout, verb, reason, user, wall FROM requests"

MAX_REQUESTS: Final = 1000
"""Handed out at once; the others follow."""


class Tables:
    """Opens an existing journal (`adapters.storage.store` makes one). Raises StateError."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._folder = folder
        self._db = Connection(folder)

    def key(self) -> bytes:
        return key_of(self._folder)

    # --- rollouts and records ----------------------------------------------------------------

    def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        values = (
            row.id,
            row.name,
            journal_text.checked(row.file, "the rollout file"),
            journal_text.checked(row.path, "the path of the rollout file"),
            journal_text.checked(codec.encode_sets(row.sets), "what --set gave"),
            journal_text.encode_wall(row.started),
            row.by,
            journal_text.encode_wall(row.ended) if row.ended else None,
            row.outcome,
            row.exit_code,
        )
        with self._db.writing() as db:
            if self._has_rollout(row.id):
                raise StateError(f"journal {self._db.path}: rollout {row.id} already exists")
            db.execute(f"INSERT INTO rollouts ({_ROLLOUT}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)
            return self._insert(db, row.id, at, kind, body)

    def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        """On a full disk into the space kept for that, and `trouble` says so."""
        write = partial(self._append, rollout, at, kind, body, taken, returned)
        try:
            return write()
        except DiskFull as full:
            if not release(self._folder):
                raise
            return replace(write(), trouble=str(full))

    def _append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        taken: Sequence[Taken],
        returned: Sequence[Returned],
    ) -> Record:
        rows = [
            (each.key, each.member, each.rollout, codec.encode_found(each.found)) for each in taken
        ]
        with self._db.writing() as db:
            self._require_rollout(rollout)
            if returned:
                known = map(_taken, db.execute(f"SELECT {_TAKEN} FROM taken").fetchall())
                ended = [one for one in known if any(each.ends(one, rollout) for each in returned)]
                db.executemany("DELETE FROM taken WHERE key = ?", [(one.key,) for one in ended])
            db.executemany(
                f"INSERT INTO taken ({_TAKEN}) VALUES (?,?,?,?) ON CONFLICT (key) DO NOTHING",
                rows,
            )
            return self._insert(db, rollout, at, kind, body)

    def _insert(
        self, db: sqlite3.Connection, rollout: str, at: Instant, kind: str, body: str
    ) -> Record:
        wall = self._clock.wall()
        values = (
            rollout,
            journal_text.encode_wall(wall),
            journal_text.encode_instant(at),
            kind,
            journal_text.checked(body, f"the record {kind}"),
        )
        cursor = db.execute(
            "INSERT INTO records (rollout, wall, at, kind, body) VALUES (?,?,?,?,?)", values
        )
        return Record(_seq(cursor), rollout, wall, at, kind, body)

    def records(self, rollout: str, after: int = 0, most: int | None = None) -> Sequence[Record]:
        # A negative limit is none (SQLite, "SELECT", section 4).
        rows = self._db.read(
            f"SELECT {_RECORD} FROM records WHERE rollout = ? AND seq > ? ORDER BY seq LIMIT ?",
            rollout,
            after,
            -1 if most is None else most,
        )
        with journal_text.reading(f"a record of rollout {rollout}"):
            return [
                Record(
                    seq,
                    id_,
                    journal_text.decode_wall(wall),
                    journal_text.decode_instant(at),
                    kind,
                    body,
                )
                for seq, id_, wall, at, kind, body in rows
            ]

    def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        ended = journal_text.encode_wall(self._clock.wall())
        with self._db.writing() as db:
            self._require_rollout(rollout)
            db.execute(
                "UPDATE rollouts SET ended = ?, outcome = ?, exit_code = ? WHERE id = ?",
                (ended, outcome, exit_code, rollout),
            )

    def latest(self, name: str) -> RolloutRow | None:
        rows = self._db.read(
            f"SELECT {_ROLLOUT} FROM rollouts WHERE name = ? AND {_BEGUN}"
            " ORDER BY seq DESC LIMIT 1",
            name,
        )
        return _rollout(rows[0]) if rows else None

    def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        query = f"SELECT {_ROLLOUT} FROM rollouts WHERE {_BEGUN}"
        if name is None:
            rows = self._db.read(f"{query} ORDER BY seq DESC")
        else:
            rows = self._db.read(f"{query} AND name = ? ORDER BY seq DESC", name)
        return [_rollout(row) for row in rows]

    # --- members that are out ----------------------------------------------------------------

    def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        wanted = None if keys is None else frozenset(keys)
        # The table holds what is out at this moment, a handful, so it is read whole.
        rows = self._db.read(f"SELECT {_TAKEN} FROM {self._taken} ORDER BY seq")
        return [_taken(row) for row in rows if wanted is None or row[0] in wanted]

    def taken_by(self, rollout: str) -> Sequence[Taken]:
        rows = self._db.read(
            f"SELECT {_TAKEN} FROM {self._taken} WHERE rollout = ? ORDER BY seq", rollout
        )
        return [_taken(row) for row in rows]

    @property
    def _taken(self) -> str:
        """The table, or a view of an older version's table, which is only read here."""
        return "taken" if self._db.version == SCHEMA else _TAKEN_V1

    # --- requests ----------------------------------------------------------------------------

    def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request:
        journal_text.checked(reason, "the reason")
        wall = self._clock.wall()
        with self._db.writing() as db:
            self._require_rollout(rollout)
            cursor = db.execute(
                "INSERT INTO requests (rollout, verb, reason, user, wall) VALUES (?,?,?,?,?)",
                (rollout, verb, reason, by, journal_text.encode_wall(wall)),
            )
        return Request(_seq(cursor), rollout, verb, reason, by, wall)

    def pending(self, rollout: str, after: int) -> Sequence[Request]:
        # A journal of an older version is only read here: opening it to write migrates it.
        table = _PENDING if self._db.version == SCHEMA else f"SELECT * FROM ({PENDING_V1})"
        rows = self._db.read(
            f"{table} WHERE rollout = ? AND seq > ? ORDER BY seq LIMIT {MAX_REQUESTS}",
            rollout,
            after,
        )
        with journal_text.reading(f"a request to rollout {rollout}"):
            return [
                Request(seq, id_, Verb(verb), reason, by, journal_text.decode_wall(wall))
                for seq, id_, verb, reason, by, wall in rows
            ]

    def close(self) -> None:
        """Nothing else may be called afterwards but `close`."""
        self._db.close()

    def _has_rollout(self, rollout: str) -> bool:
        return bool(self._db.read("SELECT 1 FROM rollouts WHERE id = ?", rollout))

    def _require_rollout(self, rollout: str) -> None:
        if not self._has_rollout(rollout):
            raise StateError(f"journal {self._db.path}: there is no rollout {rollout}")


def _seq(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _rollout(row: tuple[Any, ...]) -> RolloutRow:
    id_, name, file, path, sets, started, by, ended, outcome, exit_code = row
    with journal_text.reading(f"rollout {id_}"):
        return RolloutRow(
            id=id_,
            name=name,
            file=file,
            path=path,
            sets=codec.decode_sets(sets),
            started=journal_text.decode_wall(started),
            by=by,
            ended=journal_text.decode_wall(ended) if ended else None,
            outcome=outcome,
            exit_code=exit_code,
        )


def _taken(row: tuple[Any, ...]) -> Taken:
    key, member, rollout, found = row
    with journal_text.reading(f"what was found of {member} ({key})"):
        return Taken(key, member, rollout, codec.decode_found(found))

"""Tables of the journal, read and written by blocking calls: the one place with SQL."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from adapters import journal_text
from adapters.storage import codec
from adapters.storage.connection import Connection
from adapters.storage.database import FORMER, DiskFull
from adapters.storage.key import key_of
from adapters.storage.lists import Lists
from adapters.storage.migration import KEY_V1, PENDING_V1
from adapters.storage.notes import Notes
from adapters.storage.reserve import release
from adapters.storage.rows import ROLLOUT_VALUES, rollout_values, taken_of
from controller import chain
from controller.core.pool import Instant, PoolKey
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, Request, Returned, RolloutRow, Taken, Verb

_TAKEN: Final = "key, member, rollout, found"
_TAKEN_V1: Final = f"(SELECT seq, {KEY_V1} AS key, member, rollout, found FROM taken)"
_PENDING: Final = "SELECT seq, rollout, verb, reason, user, wall FROM requests"

MAX_REQUESTS: Final = 1000
"""Handed out at once; the others follow."""


class Tables(Lists, Notes):
    """Opens an existing journal (`adapters.storage.store` makes one). Raises StateError."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        super().__init__(Connection(folder), clock)
        self._folder = folder

    def key(self) -> bytes:
        return key_of(self._folder)

    # --- rollouts and records ----------------------------------------------------------------

    def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        rollout_values(row)
        with self._db.writing() as db:
            if self._has_rollout(row.id):
                raise StateError(f"journal {self._db.path}: rollout {row.id} already exists")
            former = self.latest(row.name)
            row = replace(row, link=chain.link(former, self._head(former)))
            marks = ",".join("?" * len(values := rollout_values(row)))
            db.execute(f"INSERT INTO rollouts ({ROLLOUT_VALUES}) VALUES ({marks})", values)
            return self._insert(db, chain.genesis(row), row.id, at, kind, body)

    def _head(self, row: RolloutRow | None) -> str:
        """The hash of its last record."""
        if row is None:
            return ""
        if row.pruned:
            return str(json.loads(row.pruned)["head"])
        last = self.last_record(row.id)
        return last.hash if last is not None else ""

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
                known = map(taken_of, db.execute(f"SELECT {_TAKEN} FROM taken").fetchall())
                ended = [one for one in known if any(each.ends(one, rollout) for each in returned)]
                db.executemany("DELETE FROM taken WHERE key = ?", [(one.key,) for one in ended])
            db.executemany(
                f"INSERT INTO taken ({_TAKEN}) VALUES (?,?,?,?) ON CONFLICT (key) DO NOTHING",
                rows,
            )
            return self._insert(db, self._former(rollout), rollout, at, kind, body)

    def _former(self, rollout: str) -> str:
        """What its next record follows. Those of former versions have no hashes of their own."""
        last, row = self.last_record(rollout), self.rollout(rollout)
        if last is not None and last.hash:
            return last.hash
        return chain.head(row, self.records(rollout)) if row is not None else ""

    def _insert(
        self, db: sqlite3.Connection, former: str, rollout: str, at: Instant, kind: str, body: str
    ) -> Record:
        record = Record(0, rollout, self._clock.wall(), at, kind, body)
        journal_text.checked(body, f"the record {kind}")
        hash_ = chain.following(former, record)
        values = (
            rollout,
            journal_text.encode_wall(record.wall),
            journal_text.encode_instant(at),
            kind,
            body,
            bytes.fromhex(hash_),
        )
        cursor = db.execute(
            "INSERT INTO records (rollout, wall, at, kind, body, hash) VALUES (?,?,?,?,?,?)", values
        )
        return replace(record, seq=_seq(cursor), hash=hash_)

    def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        ended = journal_text.encode_wall(self._clock.wall())
        with self._db.writing() as db:
            self._require_rollout(rollout)
            db.execute(
                "UPDATE rollouts SET ended = ?, outcome = ?, exit_code = ? WHERE id = ?",
                (ended, outcome, exit_code, rollout),
            )

    # --- members that are out ----------------------------------------------------------------

    def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        wanted = None if keys is None else frozenset(keys)
        # The table holds what is out at this moment, a handful, so it is read whole.
        rows = self._db.read(f"SELECT {_TAKEN} FROM {self._taken} ORDER BY seq")
        return [taken_of(row) for row in rows if wanted is None or row[0] in wanted]

    def taken_by(self, rollout: str) -> Sequence[Taken]:
        rows = self._db.read(
            f"SELECT {_TAKEN} FROM {self._taken} WHERE rollout = ? ORDER BY seq", rollout
        )
        return [taken_of(row) for row in rows]

    @property
    def _taken(self) -> str:
        """The table, or a view of an older version's table, which is only read here."""
        return "taken" if self._db.version > FORMER else _TAKEN_V1

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
        table = _PENDING if self._db.version > FORMER else f"SELECT * FROM ({PENDING_V1})"
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


def _seq(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid

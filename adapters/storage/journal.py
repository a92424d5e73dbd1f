"""Everything durable about rollouts, in SQLite."""

import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.storage import codec
from adapters.storage.database import create_schema, has_schema, mapped, open_database
from adapters.storage.flocks import guard
from adapters.storage.folder import DATABASE, exists, make_file, make_folder
from adapters.storage.frozen import FrozenDatabase, is_unopenable
from controller.core.pool import Instant
from controller.errors import StateError
from controller.ports import Clock, Record, Request, RolloutRow, Taken

_ROLLOUT = "id, name, file, path, sets, started, user, ended, outcome, exit_code"
_RECORD = "seq, rollout, wall, at, kind, body"
_REQUEST = "seq, name, verb, reason, user, wall, acknowledged"
_TAKEN = "backend, address, member, rollout, found"

_MAX_REQUESTS = 1000
"""Handed out at once; those after them follow when these are acknowledged."""


def open_state(folder: Path, clock: Clock, *, create: bool) -> "SqliteJournal":
    """The journal of the state folder `folder`; with `create`, both are made where missing.

    Raises StateError when there is none, or when it cannot be used.
    """
    if create:
        make_folder(folder)
        path = folder / DATABASE
        with guard(folder), mapped(path):
            make_file(path)
            create_schema(path)
    elif not exists(folder):
        raise StateError(f"there is no state in {folder}: nothing was run with this state folder")
    return SqliteJournal(folder, clock)


class SqliteJournal:
    """Implements `controller.ports.Journal`. Belongs to one thread; several processes may write.

    Opens an existing journal (`open_state` makes one). Raises StateError when there is none, or
    when it is damaged, of a newer version, or may not be read by this user; who may only read it
    is refused when writing.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / DATABASE
        self._clock = clock
        self._frozen: FrozenDatabase | None = None
        with mapped(self._path):
            try:
                self._db = open_database(self._path)
            except sqlite3.Error as error:
                if not is_unopenable(error) or not os.access(self._path, os.R_OK):
                    raise
                self._frozen = FrozenDatabase(self._path)
        try:
            if not has_schema(self._read):
                raise StateError(f"there is no state in {folder}: its journal is empty")
        except BaseException:
            self.close()
            raise

    def begin(self, row: RolloutRow) -> None:
        values = (
            row.id,
            row.name,
            codec.checked(row.file, "the rollout file"),
            codec.checked(row.path, "the path of the rollout file"),
            codec.checked(codec.encode_sets(row.sets), "what --set gave"),
            codec.encode_wall(row.started),
            row.by,
            codec.encode_wall(row.ended) if row.ended else None,
            row.outcome,
            row.exit_code,
        )
        with self._writing() as db:
            if self._has_rollout(row.id):
                raise StateError(f"journal {self._path}: there is a rollout {row.id} already")
            db.execute(f"INSERT INTO rollouts ({_ROLLOUT}) VALUES (?,?,?,?,?,?,?,?,?,?)", values)

    def append(self, rollout: str, at: Instant, kind: str, body: str) -> Record:
        codec.checked(body, f"the record {kind}")
        wall = self._clock.wall()
        values = (rollout, codec.encode_wall(wall), codec.encode_instant(at), kind, body)
        with self._writing() as db:
            self._require_rollout(rollout)
            cursor = db.execute(
                "INSERT INTO records (rollout, wall, at, kind, body) VALUES (?,?,?,?,?)", values
            )
        return Record(_seq(cursor), rollout, wall, at, kind, body)

    def records(self, rollout: str, after: int = 0, most: int | None = None) -> Sequence[Record]:
        # A negative limit is none (SQLite, "SELECT", section 4).
        rows = self._read(
            f"SELECT {_RECORD} FROM records WHERE rollout = ? AND seq > ? ORDER BY seq LIMIT ?",
            rollout,
            after,
            -1 if most is None else most,
        )
        with codec.reading(f"a record of rollout {rollout}"):
            return [
                Record(seq, id_, codec.decode_wall(wall), codec.decode_instant(at), kind, body)
                for seq, id_, wall, at, kind, body in rows
            ]

    def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        ended = codec.encode_wall(self._clock.wall())
        with self._writing() as db:
            self._require_rollout(rollout)
            db.execute(
                "UPDATE rollouts SET ended = ?, outcome = ?, exit_code = ? WHERE id = ?",
                (ended, outcome, exit_code, rollout),
            )

    def latest(self, name: str) -> RolloutRow | None:
        rows = self._read(
            f"SELECT {_ROLLOUT} FROM rollouts WHERE name = ? ORDER BY seq DESC LIMIT 1", name
        )
        return _rollout(rows[0]) if rows else None

    def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        query = f"SELECT {_ROLLOUT} FROM rollouts"
        if name is None:
            rows = self._read(f"{query} ORDER BY seq DESC")
        else:
            rows = self._read(f"{query} WHERE name = ? ORDER BY seq DESC", name)
        return [_rollout(row) for row in rows]

    def record_taken(self, taken: Sequence[Taken]) -> None:
        values = [
            (each.backend, each.address, each.member, each.rollout, codec.encode_found(each.found))
            for each in taken
        ]
        with self._writing() as db:
            db.executemany(
                f"INSERT INTO taken ({_TAKEN}) VALUES (?,?,?,?,?)"
                " ON CONFLICT (backend, address) DO NOTHING",
                values,
            )

    def forget_taken(self, keys: Collection[tuple[str, str]]) -> None:
        with self._writing() as db:
            db.executemany("DELETE FROM taken WHERE backend = ? AND address = ?", list(keys))

    def taken(self, keys: Collection[tuple[str, str]]) -> Sequence[Taken]:
        wanted = frozenset(keys)
        # The table holds what is out at this moment, a handful, so it is read whole.
        rows = self._read(f"SELECT {_TAKEN} FROM taken ORDER BY seq")
        return [_taken(row) for row in rows if (row[0], row[1]) in wanted]

    def taken_by(self, rollout: str) -> Sequence[Taken]:
        rows = self._read(f"SELECT {_TAKEN} FROM taken WHERE rollout = ? ORDER BY seq", rollout)
        return [_taken(row) for row in rows]

    def request(self, name: str, verb: str, reason: str, by: str) -> Request:
        codec.checked(reason, "the reason")
        wall = self._clock.wall()
        with self._writing() as db:
            cursor = db.execute(
                "INSERT INTO requests (name, verb, reason, user, wall) VALUES (?,?,?,?,?)",
                (name, verb, reason, by, codec.encode_wall(wall)),
            )
        return Request(_seq(cursor), name, verb, reason, by, wall)

    def requests(self, name: str) -> Sequence[Request]:
        rows = self._read(
            f"SELECT {_REQUEST} FROM requests WHERE name = ? AND acknowledged = 0"
            f" ORDER BY seq LIMIT {_MAX_REQUESTS}",
            name,
        )
        with codec.reading(f"a request to rollout {name}"):
            return [
                Request(seq, name_, verb, reason, by, codec.decode_wall(wall), bool(acknowledged))
                for seq, name_, verb, reason, by, wall, acknowledged in rows
            ]

    def acknowledge(self, request: Request) -> None:
        with self._writing() as db:
            self.is_acknowledged(request)
            db.execute("UPDATE requests SET acknowledged = 1 WHERE seq = ?", (request.seq,))

    def is_acknowledged(self, request: Request) -> bool:
        rows = self._read("SELECT acknowledged FROM requests WHERE seq = ?", request.seq)
        if not rows:
            raise StateError(f"journal {self._path}: there is no request {request.seq}")
        return bool(rows[0][0])

    def close(self) -> None:
        """Nothing else may be called afterwards but `close`."""
        with mapped(self._path):
            (self._frozen or self._db).close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        # IMMEDIATE: a transaction that reads first and writes later fails at once with "busy"
        # when somebody wrote in between (SQLite, "Write-Ahead Logging", section 2.2).
        if self._frozen is not None:
            raise StateError(f"journal {self._path}: it cannot be written by this user")
        with mapped(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with mapped(self._path):
            if self._frozen is not None:
                return self._frozen.read(query, values)
            return self._db.execute(query, values).fetchall()

    def _has_rollout(self, rollout: str) -> bool:
        return bool(self._read("SELECT 1 FROM rollouts WHERE id = ?", rollout))

    def _require_rollout(self, rollout: str) -> None:
        if not self._has_rollout(rollout):
            raise StateError(f"journal {self._path}: there is no rollout {rollout}")


def _seq(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _rollout(row: tuple[Any, ...]) -> RolloutRow:
    id_, name, file, path, sets, started, by, ended, outcome, exit_code = row
    with codec.reading(f"rollout {id_}"):
        return RolloutRow(
            id=id_,
            name=name,
            file=file,
            path=path,
            sets=codec.decode_sets(sets),
            started=codec.decode_wall(started),
            by=by,
            ended=codec.decode_wall(ended) if ended else None,
            outcome=outcome,
            exit_code=exit_code,
        )


def _taken(row: tuple[Any, ...]) -> Taken:
    backend, address, member, rollout, found = row
    with codec.reading(f"what was found of {backend}/{member}"):
        return Taken(backend, address, member, rollout, codec.decode_found(found))

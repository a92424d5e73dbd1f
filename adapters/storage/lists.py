"""Rollouts in the journal: listed, summarised, and pruned."""

import json
import zlib
from collections.abc import Sequence
from typing import Final

from adapters import journal_text
from adapters.storage.connection import Connection
from adapters.storage.database import SCHEMA
from adapters.storage.rows import record_columns, record_of, rollout_columns, rollout_of
from controller.errors import StateError
from controller.ports import Clock
from controller.records import Record, RolloutRow, Snapshot, Summary

_BEGUN: Final = "EXISTS (SELECT 1 FROM records WHERE records.rollout = rollouts.id)"
"""Version 1 could be killed between a rollout's row and its first record: then nothing began."""


class Lists:
    """Raises StateError."""

    def __init__(self, db: Connection, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def rollout(self, rollout: str) -> RolloutRow | None:
        return next(iter(self._rollouts("id = ?", rollout, most=1)), None)

    def latest(self, name: str) -> RolloutRow | None:
        return next(iter(self._rollouts("name = ?", name, most=1)), None)

    def rollouts(self, name: str | None = None, most: int | None = None) -> Sequence[RolloutRow]:
        if name is None:
            return self._rollouts("TRUE", most=most)
        return self._rollouts("name = ?", name, most=most)

    def newest(self) -> Sequence[RolloutRow]:
        """By a walk along the index, from name to name: their number alone counts."""
        rows = self._db.read(
            "WITH RECURSIVE names (name) AS (SELECT min(name) FROM rollouts UNION ALL"
            " SELECT (SELECT min(name) FROM rollouts WHERE name > names.name) FROM names"
            " WHERE names.name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL"
            " ORDER BY (SELECT max(seq) FROM rollouts WHERE rollouts.name = names.name) DESC"
        )
        return [row for (name,) in rows if (row := self.latest(name)) is not None]

    def _rollouts(
        self, where: str, *values: object, most: int | None = None
    ) -> Sequence[RolloutRow]:
        version = self._db.version
        begun = f"({_BEGUN} OR pruned <> '')" if version == SCHEMA else _BEGUN
        rows = self._db.read(
            f"SELECT {rollout_columns(version)} FROM rollouts WHERE {where} AND {begun}"
            # A negative limit is none (SQLite, "SELECT", section 4).
            f" ORDER BY seq DESC LIMIT {-1 if most is None else most}",
            *values,
        )
        return [rollout_of(row) for row in rows]

    def records(self, rollout: str, after: int = 0, most: int | None = None) -> Sequence[Record]:
        rows = self._db.read(
            f"SELECT {record_columns(self._db.version)} FROM records"
            " WHERE rollout = ? AND seq > ? ORDER BY seq LIMIT ?",
            rollout,
            after,
            -1 if most is None else most,
        )
        with journal_text.reading(f"a record of rollout {rollout}"):
            return [record_of(row) for row in rows]

    # --- what saves reading records ----------------------------------------------------------

    def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        journal_text.checked(summary.body, "a summary")
        body = zlib.compress(snapshot.body.encode()) if snapshot is not None else b""
        if len(body) > journal_text.MAX_BYTES:
            snapshot = None  # it would cost more than it saves
        with self._db.writing() as db:
            self._require_rollout(summary.rollout)
            db.execute(
                "INSERT INTO summaries (rollout, seq, body) VALUES (?,?,?) ON CONFLICT (rollout)"
                " DO UPDATE SET seq = excluded.seq, body = excluded.body",
                (summary.rollout, summary.seq, summary.body),
            )
            if snapshot is not None:
                db.execute(
                    "INSERT OR REPLACE INTO snapshots (rollout, seq, hash, body) VALUES (?,?,?,?)",
                    (snapshot.rollout, snapshot.seq, bytes.fromhex(snapshot.hash), body),
                )

    def summary(self, rollout: str) -> Summary | None:
        if self._db.version != SCHEMA:
            return None
        rows = self._db.read("SELECT seq, body FROM summaries WHERE rollout = ?", rollout)
        return Summary(rollout, *rows[0]) if rows else None

    def snapshot(self, rollout: str) -> Snapshot | None:
        if self._db.version != SCHEMA:
            return None
        rows = self._db.read("SELECT seq, hash, body FROM snapshots WHERE rollout = ?", rollout)
        with journal_text.reading(f"the snapshot of rollout {rollout}"):
            return next(
                (
                    Snapshot(rollout, seq, hash_.hex(), zlib.decompress(body).decode())
                    for seq, hash_, body in rows
                ),
                None,
            )

    # --- pruning -----------------------------------------------------------------------------

    def prune(self, rollout: str, by: str) -> None:
        with self._db.writing() as db:
            row = self.rollout(rollout)
            if row is None or row.ended is None:
                raise StateError(f"journal {self._db.path}: rollout {rollout} is not over")
            if row.pruned:
                return
            last = self.last_record(rollout)
            counted = db.execute("SELECT count(*) FROM records WHERE rollout = ?", (rollout,))
            (count,) = counted.fetchone()
            left = {
                "wall": journal_text.encode_wall(self._clock.wall()),
                "by": by,
                "records": count,
                "head": last.hash if last is not None else "",
            }
            for table in ("records", "snapshots", "requests"):
                db.execute(f"DELETE FROM {table} WHERE rollout = ?", (rollout,))
            db.execute(
                "UPDATE rollouts SET pruned = ?, file = '' WHERE id = ?",
                (json.dumps(left), rollout),
            )

    def last_record(self, rollout: str) -> Record | None:
        rows = self._db.read(
            f"SELECT {record_columns(self._db.version)} FROM records WHERE rollout = ?"
            " ORDER BY seq DESC LIMIT 1",
            rollout,
        )
        return record_of(rows[0]) if rows else None

    def _require_rollout(self, rollout: str) -> None:
        if not self._db.read("SELECT 1 FROM rollouts WHERE id = ?", rollout):
            raise StateError(f"journal {self._db.path}: there is no rollout {rollout}")

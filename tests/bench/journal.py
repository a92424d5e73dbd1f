"""(h) A journal of years: 5,000 rollouts of the past against 50, for what reads it."""

import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.clock import SystemClock
from adapters.storage.store import open_tables
from adapters.storage.tables import Tables
from controller.journal.digest import digest_of, summary_of
from controller.records import Record
from tests.bench.figures import Figure
from tests.report import journals
from tests.support.command import COMMAND, environment

FEW, MANY = 50, 5000
OLD = "old"
"""The rollout that the others are copies of."""


def build(folder: Path, count: int) -> None:
    """So many rollouts that were aborted after a halt, and one that halted now."""
    with closing(open_tables(folder, SystemClock(), create=True)) as journal:
        records = journals.halted().records
        _write(journal, OLD, records)
        journal.end(OLD, "aborted", 7)
        journal.keep(summary_of(OLD, digest_of(journal.records(OLD))))
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        for number in range(1, count):
            id_ = f"web-{number:05}"
            db.execute(
                "INSERT INTO rollouts (id, name, file, path, sets, started, user, ended, outcome,"
                " exit_code) SELECT ?, name, file, path, sets, started, user, ended, outcome,"
                f" exit_code FROM rollouts WHERE id = '{OLD}'",
                (id_,),
            )
            db.execute(
                "INSERT INTO records (rollout, wall, at, kind, body) SELECT ?, wall, at, kind, body"
                f" FROM records WHERE rollout = '{OLD}' ORDER BY seq",
                (id_,),
            )
            db.execute(
                "INSERT INTO summaries (rollout, seq, body) SELECT ?, (SELECT max(seq) FROM"
                f" records), body FROM summaries WHERE rollout = '{OLD}'",
                (id_,),
            )
        db.commit()
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        _write(journal, "web-now", journals.halted().records)


def _write(journal: Tables, id_: str, records: Sequence[Record]) -> None:
    first, *others = records
    journal.begin(journals.row(id=id_), first.at, first.kind, first.body)
    for one in others:
        journal.append(id_, one.at, one.kind, one.body)


def seconds(folder: Path, *argv: str) -> float:
    """Of the quickest of three: what others do on this machine is no cost of ours."""
    took = []
    for _ in range(3):
        begun = time.monotonic()
        subprocess.run(
            [COMMAND, *argv, "--state", str(folder)],
            env=environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        took.append(time.monotonic() - begun)
    return min(took)


def journal_figures(times: int) -> list[Figure]:
    figures = []
    with TemporaryDirectory() as home:
        few, many = Path(home) / "few", Path(home) / "many"
        build(few, FEW)
        build(many, MANY)
        for argv in (("history",), ("status",), ("status", "web")):
            each = [seconds(many, *argv) / seconds(few, *argv) for _ in range(times)]
            what = f"(h) {' '.join(argv)}: {MANY:,} old rollouts / {FEW}"
            figures.append(Figure(what, median(each), 1.5, each=each))
            print(f"    {' '.join(argv)}: {seconds(many, *argv):.2f} s with {MANY:,}", flush=True)
    return figures

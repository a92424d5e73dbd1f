"""The journal among processes that write at once and are killed."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.storage.store import open_tables
from tests.adapters.storage.processes import child
from tests.support.journal_contract import AT, FixedClock, row

SEED = 20261122
KILLS = 20


def _begin(folder: Path, rollout: str = "r1") -> None:
    journal = open_tables(folder, FixedClock(), create=True)
    journal.begin(row(rollout), AT, "Plan", "{}")
    journal.close()


def _seqs(folder: Path, rollout: str = "r1") -> list[int]:
    """Of what was appended: all but the plan."""
    journal = open_tables(folder, FixedClock(), create=False)
    records = journal.records(rollout)[1:]
    journal.close()
    return [record.seq for record in records]


def test_kill_nine_loses_nothing_that_had_returned(tmp_path: Path) -> None:
    """S7: after each of 20 kills at random points of writing, every record whose `append` had
    returned is there, none is there twice, and the file is sound."""
    rng = random.Random(SEED)
    _begin(tmp_path)
    returned: set[int] = set()
    for _ in range(KILLS):
        with child("append", tmp_path, "r1", "0") as writer:
            heard = [writer.hear() for _ in range(rng.randint(1, 60))]
            writer.kill()
            heard += writer.hear_all()
        returned |= {int(line) for line in heard}
        seqs = _seqs(tmp_path)
        assert returned <= set(seqs), f"seed {SEED}"
        assert len(seqs) == len(set(seqs))
    assert len(returned) >= KILLS
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_kill_nine_while_the_journal_is_made(tmp_path: Path) -> None:
    """Killed before any single call of the making, it leaves a folder that the next can use."""
    with child("make_cut_short", tmp_path) as maker:
        cuts = maker.hear_all()
    assert len(cuts) > 30
    for cut in cuts:
        _begin(tmp_path / cut)
        assert _seqs(tmp_path / cut) == []


def test_three_writers_at_once(tmp_path: Path) -> None:
    """Appends of three processes all succeed; each one's seq rises, and none is given twice."""
    _begin(tmp_path)
    with (
        child("append", tmp_path, "r1", "60") as a,
        child("append", tmp_path, "r1", "60") as b,
        child("append", tmp_path, "r1", "60") as c,
    ):
        heard = [[int(line) for line in each.hear_all()] for each in (a, b, c)]
    for seqs in heard:
        assert len(seqs) == 60
        assert seqs == sorted(seqs)
    together = sorted(seq for seqs in heard for seq in seqs)
    assert together == _seqs(tmp_path)
    assert len(set(together)) == 180


def test_three_makers_at_once(tmp_path: Path) -> None:
    """Three first processes on a fresh folder make one journal, and none of them fails."""
    folder = tmp_path / "state"
    with (
        child("visit", folder, "a") as a,
        child("visit", folder, "b") as b,
        child("visit", folder, "c") as c,
    ):
        assert [each.hear() for each in (a, b, c)] == ["1", "1", "1"]
        assert [each.hear() for each in (a, b, c)] == ["held", "held", "held"]


def test_a_write_that_the_disk_refuses(tmp_path: Path) -> None:
    """A refused write is a StateError, leaves no half record, and the journal goes on after."""
    _begin(tmp_path)
    with child("append_beyond_a_limit", tmp_path, "r1") as writer:
        heard = writer.hear_all()
    refusals = [line for line in heard if line.startswith("refused: ")]
    assert len(refusals) == 1
    assert "the disk reported an error" in refusals[0]
    assert heard.index(refusals[0]) == len(heard) - 2
    assert [int(line) for line in heard if line not in refusals] == _seqs(tmp_path)


def test_a_reader_beside_a_writer(tmp_path: Path) -> None:
    """`status` reads whole records at any moment while `run` writes, and never less than before."""
    _begin(tmp_path)
    with child("append", tmp_path, "r1", "0") as writer:
        seen: list[int] = []
        for _ in range(5):
            last = int(writer.hear())
            seqs = _seqs(tmp_path)
            assert seqs[: len(seen)] == seen
            assert last in seqs
            seen = seqs

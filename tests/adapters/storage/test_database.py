"""The SQLite file: its form, and what may be wrong with it."""

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.storage.database import APPLICATION, SCHEMA, explain, open_database
from adapters.storage.store import open_tables
from adapters.storage.tables import Tables
from controller.errors import StateError
from controller.records import Verb
from tests.support.journal_contract import AT, FixedClock, row, taken

CLOCK = FixedClock()


def _change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def _make(folder: Path) -> None:
    journal = open_tables(folder, CLOCK, create=True)
    journal.begin(row(), AT, "Plan", "{}")
    journal.append("r1", AT, "k", "{}", taken=[taken("web1")])
    journal.ask("r1", Verb.PAUSE, "", "anna")
    journal.close()


def test_each_commit_is_synced(tmp_path: Path) -> None:
    """S7: WAL with synchronous FULL (2), by which a commit that returned survives a power cut."""
    _make(tmp_path)
    with closing(open_database(tmp_path / "journal.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("create", [True, False])
def test_a_newer_schema_is_refused(tmp_path: Path, create: bool) -> None:
    """A journal of a later poolroll is neither read nor changed."""
    _make(tmp_path)
    _change(tmp_path, f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(StateError, match=r"newer poolroll \(schema 4, this one knows 3\)"):
        open_tables(tmp_path, CLOCK, create=create)


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE songs (title TEXT)",),
        (f"PRAGMA user_version = {SCHEMA}",),
        (f"PRAGMA application_id = {APPLICATION}",),
        ("PRAGMA application_id = 1", "PRAGMA user_version = 9"),
    ],
)
def test_another_programs_database_is_refused(tmp_path: Path, statements: tuple[str]) -> None:
    """A database that poolroll did not make is left alone."""
    _change(tmp_path, *statements)
    before = (tmp_path / "journal.db").read_bytes()
    with pytest.raises(StateError, match="not a journal of poolroll"):
        open_tables(tmp_path, CLOCK, create=True)
    assert (tmp_path / "journal.db").read_bytes() == before


def test_an_empty_file_is_no_state_and_can_become_one(tmp_path: Path) -> None:
    """What a crash at the very first moment leaves behind does not stand in the way."""
    (tmp_path / "journal.db").touch()
    with pytest.raises(StateError, match="journal is empty"):
        open_tables(tmp_path, CLOCK, create=False)
    _make(tmp_path)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" * 300])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, create: bool) -> None:
    """A file that SQLite cannot read is one line, and is not overwritten."""
    (tmp_path / "journal.db").write_bytes(content)
    with pytest.raises(StateError, match="damaged") as caught:
        open_tables(tmp_path, CLOCK, create=create)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "journal.db").read_bytes() == content


QUESTIONS: dict[str, Callable[[Tables], object]] = {
    "latest": lambda journal: journal.latest("web"),
    "records": lambda journal: journal.records("r1"),
    "taken_by": lambda journal: journal.taken_by("r1"),
    "pending": lambda journal: journal.pending("r1", 0),
}


def _ask(folder: Path, question: str) -> object:
    with closing(open_tables(folder, CLOCK, create=False)) as journal:
        return QUESTIONS[question](journal)


def test_rot_in_the_file_leaks_no_other_error(tmp_path: Path) -> None:
    """Bytes that changed on the disk give an answer or StateError, whatever they hit."""
    _make(tmp_path)
    path = tmp_path / "journal.db"
    sound = path.read_bytes()
    refused = 0
    for seed in range(20):
        rng = random.Random(seed)
        content = bytearray(sound)
        for _ in range(400):
            content[rng.randrange(100, len(content))] = rng.randrange(256)
        path.write_bytes(content)
        for question in QUESTIONS:
            try:
                _ask(tmp_path, question)
            except StateError:
                refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("UPDATE rollouts SET started = 'soon'", "latest"),
        ("UPDATE rollouts SET sets = '[1]'", "latest"),
        ("UPDATE records SET wall = 'soon'", "records"),
        ("UPDATE records SET at = 9e300", "records"),
        ("UPDATE requests SET wall = 'x'", "pending"),
        ("UPDATE requests SET verb = 'dance'", "pending"),
        ("UPDATE taken SET found = '[{}]'", "taken_by"),
        ("UPDATE taken SET found = '{'", "taken_by"),
        ("UPDATE taken SET found = replace(found, '100', '\"100\"')", "taken_by"),
        ("UPDATE taken SET found = replace(found, '\"on\"', '1')", "taken_by"),
        ("UPDATE taken SET found = replace(found, '{}', '[]')", "taken_by"),
        ("UPDATE taken SET found = replace(found, '\"keep\"', '\"kept\"')", "taken_by"),
        ("UPDATE taken SET found = replace(found, '\"keep\"', '\"agent\"')", "taken_by"),
    ],
)
def test_a_damaged_row_is_told(tmp_path: Path, statement: str, question: str) -> None:
    """Fail closed: a value that is not what was written is never guessed, least of all a weight."""
    _make(tmp_path)
    _change(tmp_path, statement)
    with pytest.raises(StateError, match="is damaged"):
        _ask(tmp_path, question)


def test_a_full_disk_in_words(tmp_path: Path) -> None:
    """SQLite's own error for a full disk is told as such."""
    _make(tmp_path)
    with closing(open_database(tmp_path / "journal.db")) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(sqlite3.OperationalError) as caught:
            db.execute("INSERT INTO records VALUES (99,'r1','',0,'k',?,NULL)", ("x" * 100_000,))
    assert explain(caught.value) == "the disk is full (SQLITE_FULL)"


def test_an_extended_code_follows_its_primary_one(tmp_path: Path) -> None:
    """The words hang on the primary result code (SQLite, "Result and Error Codes")."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
    assert explain(error) == "the disk reported an error (SQLITE_IOERR_FSYNC)"
    assert explain(sqlite3.ProgrammingError("closed")) == "closed"


def test_a_closed_journal_is_a_state_error(tmp_path: Path) -> None:
    """Use after close is in the tree of errors like everything else."""
    journal = open_tables(tmp_path, CLOCK, create=True)
    journal.close()
    with pytest.raises(StateError, match="closed"):
        journal.pending("web", 0)
    with pytest.raises(StateError, match="closed"):
        journal.append("r1", AT, "k", "{}")

"""A state folder of the former version: read, migrated, and used on."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.database import APPLICATION, SCHEMA
from adapters.storage.lock import FileLock
from adapters.storage.store import open_tables, read_tables
from controller import chain
from controller.core.pool import Found
from controller.errors import StateError
from controller.records import Returned, Taken, Verb
from tests.adapters.storage.processes import child
from tests.adapters.storage.test_folder import CARL
from tests.support.journal_contract import AT, KEY1, KEY2, FixedClock, row, taken
from tests.support.operators import needs_root

V1 = """
CREATE TABLE rollouts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    file TEXT NOT NULL, path TEXT NOT NULL, sets TEXT NOT NULL, started TEXT NOT NULL,
    user TEXT NOT NULL, ended TEXT, outcome TEXT, exit_code INTEGER);
CREATE INDEX rollouts_by_name ON rollouts (name, seq);
CREATE TABLE records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, rollout TEXT NOT NULL REFERENCES rollouts (id),
    wall TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX records_by_rollout ON records (rollout, seq);
CREATE TABLE taken (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, backend TEXT NOT NULL, address TEXT NOT NULL,
    member TEXT NOT NULL, rollout TEXT NOT NULL, found TEXT NOT NULL, UNIQUE (backend, address));
CREATE TABLE requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, verb TEXT NOT NULL,
    reason TEXT NOT NULL, user TEXT NOT NULL, wall TEXT NOT NULL,
    acknowledged INTEGER NOT NULL DEFAULT 0);
CREATE INDEX requests_waiting ON requests (name, seq) WHERE acknowledged = 0;
"""
"""As the former version made it."""

WALL = "2026-11-22T10:03:11.250000+00:00"
FOUND = (
    '[{"instance": "unix:/run/a.sock", "backend": "web", "weight": 100, "agent": true},'
    ' {"instance": "tcp:127.0.0.1:9999", "backend": "web", "weight": 0, "agent": false}]'
)


def make_v1(folder: Path) -> None:
    """Two rollouts of `web`, the second unfinished with web1 out; one of `api`; and a row whose
    process was killed before it had a plan. Requests: the first was heard, the second is pending
    for the unfinished one, the third went to a former rollout, the last ones are of `api`."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(V1)
        db.executemany(
            "INSERT INTO rollouts (id, name, file, path, sets, started, user) VALUES"
            f" (?, ?, 'name: web', '/web.yaml', '{{}}', '{WALL}', 'anna')",
            [("r1", "web"), ("r2", "web"), ("r3", "api"), ("r4", "old")],
        )
        db.execute("UPDATE rollouts SET ended = ?, outcome = 'abandoned', exit_code = 7"
                   " WHERE id = 'r1'", (WALL,))  # fmt: skip
        db.executemany(
            "INSERT INTO records (rollout, wall, at, kind, body) VALUES"
            f" (?, '{WALL}', 7, ?, '{{}}')",
            [("r1", "Plan"), ("r2", "Plan"), ("r2", "RunBegan"), ("r3", "Plan")],
        )
        db.executemany("INSERT INTO taken (backend, address, member, rollout, found) VALUES"
                       " (?, ?, 'web1', 'r1', ?)",
                       [("web", "127.0.0.1:801", FOUND), ("api", "::1:80", "[]")])  # fmt: skip
        db.executemany(
            "INSERT INTO requests (name, verb, reason, user, wall, acknowledged) VALUES"
            f" (?, ?, 'why', 'bert', '{WALL}', ?)",
            [
                ("web", "pause", 1),
                ("web", "abort --restore", 0),
                ("web", "resume", 1),
                ("api", "pause", 0),
                ("api", "abort", 1),
                ("gone", "abort", 1),
            ],
        )
        db.execute("DELETE FROM requests WHERE name = 'gone'")
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute("PRAGMA user_version = 1")
        db.commit()


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    make_v1(folder)
    return folder


def version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def schema(folder: Path) -> list[str]:
    """Every table and index, but for blanks."""
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        return ["".join(sql.split()) for (sql,) in db.execute(query)]


def other_backend() -> Taken:
    """The second of the two lines that are out: another key, with nothing found."""
    return Taken("api/::1:80", "web1", "r1", Found(()))


def assert_read_as_v1(folder: Path) -> None:
    """What a reader must find, migrated or not."""
    with closing(read_tables(folder, FixedClock())) as journal:
        assert [each.id for each in journal.rollouts()] == ["r3", "r2", "r1"]
        latest = journal.latest("web")
        assert latest is not None
        assert (latest.id, latest.outcome) == ("r2", None)
        assert [each.kind for each in journal.records("r2")] == ["Plan", "RunBegan"]
        out = [taken("web1"), other_backend()]
        assert list(journal.taken_by("r1")) == out
        assert list(journal.taken([KEY1, KEY2])) == out[:1]
        assert list(journal.taken(["api/::1:80"])) == out[1:]
        assert list(journal.taken_by("r2")) == []
        (asked,) = journal.pending("r2", 0)
        assert (asked.seq, asked.rollout, asked.verb) == (2, "r2", Verb.ABORT_RESTORE)
        assert (asked.reason, asked.by) == ("why", "bert")
        assert list(journal.pending("r2", 2)) == []
        assert list(journal.pending("r1", 0)) == []
        assert [(each.seq, each.verb) for each in journal.pending("r3", 0)] == [(4, Verb.PAUSE)]


@pytest.mark.parametrize("create", [True, False])
def test_whoever_writes_migrates(v1: Path, create: bool) -> None:
    """All that counts is there afterwards, in the form that a fresh journal has; requests keep
    their numbers, and the next one is above every former one."""
    with closing(open_tables(v1, FixedClock(), create=create)) as journal:
        assert version(v1) == SCHEMA
        assert_read_as_v1(v1)
        assert journal.append("r2", AT, "k", "{}").seq == 5
        assert journal.ask("r2", Verb.PAUSE, "", "anna").seq == 7
    open_tables(v1.parent / "fresh", FixedClock(), create=True).close()
    assert schema(v1) == schema(v1.parent / "fresh")


def test_the_second_version_has_no_hashes(tmp_path: Path) -> None:
    """It is read as it is; what is written from then on follows all that was there before."""
    with closing(open_tables(tmp_path, FixedClock(), create=True)) as journal:
        journal.begin(row(), AT, "Plan", "{}")
        journal.append("r1", AT, "k", "{}")
    with closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        for statement in (
            "ALTER TABLE records DROP COLUMN hash",
            "ALTER TABLE rollouts DROP COLUMN link",
            "ALTER TABLE rollouts DROP COLUMN pruned",
            "DROP TABLE summaries",
            "DROP TABLE snapshots",
            "PRAGMA user_version = 2",
        ):
            db.execute(statement)
        db.commit()
    with closing(read_tables(tmp_path, FixedClock())) as journal:
        former = journal.records("r1")
        assert [one.hash for one in former] == ["", ""]
        assert (journal.latest("web"), journal.newest()) == (row(), [row()])
        assert (journal.summary("r1"), journal.snapshot("r1")) == (None, None)
        assert (list(journal.pending("r1", 0)), list(journal.taken())) == ([], [])
    with closing(open_tables(tmp_path, FixedClock(), create=False)) as journal:
        assert version(tmp_path) == SCHEMA
        third = journal.append("r1", AT, "k", "{}")
        fourth = journal.append("r1", AT, "k", "{}")
        assert third.hash == chain.following(chain.head(row(), former), third)
        assert fourth.hash == chain.following(third.hash, fourth)
    assert version(tmp_path) == SCHEMA


def test_what_was_taken_before_is_returned_and_stays_first(v1: Path) -> None:
    """S8: after the migration, what the former version found is still what is restored, and
    forgotten once the member is back."""
    with closing(open_tables(v1, FixedClock(), create=False)) as journal:
        journal.append("r2", AT, "k", "{}", taken=[taken("web1", "r2", weight=1), taken("web2")])
        assert list(journal.taken_by("r1")) == [taken("web1"), other_backend(), taken("web2")]
        assert list(journal.taken_by("r2")) == []
        journal.append("r2", AT, "k", "{}", returned=[Returned("web1", [KEY1, "api/::1:80"])])
        assert list(journal.taken_by("r1")) == [taken("web2")]


def test_whoever_reads_does_not(v1: Path) -> None:
    """`status` and the like read it as it is, so that the former version may go on with it."""
    assert_read_as_v1(v1)
    assert version(v1) == 1


def test_migrated_once(v1: Path) -> None:
    """The second one to open it finds it done; a reader that was there before reads on."""
    with closing(read_tables(v1, FixedClock())) as before:
        assert len(before.pending("r2", 0)) == 1
        for _ in range(2):
            open_tables(v1, FixedClock(), create=False).close()
        assert len(before.pending("r2", 0)) == 1
    assert_read_as_v1(v1)


async def test_not_under_a_run_of_the_former_version(v1: Path) -> None:
    """A process that works on it could not go on: whoever would migrate is refused in one line,
    and nothing is changed; who only reads is not. After its end it is migrated."""
    async with FileLock(v1, SystemClock(), "anna").hold("web"):
        for create in (True, False):
            with pytest.raises(StateError, match="in use by an older version") as caught:
                open_tables(v1, FixedClock(), create=create)
            assert "'web'" in str(caught.value)
            assert "\n" not in str(caught.value)
        assert version(v1) == 1
        assert_read_as_v1(v1)
    open_tables(v1, FixedClock(), create=False).close()
    assert version(v1) == SCHEMA


def test_a_migration_that_fails_changes_nothing(v1: Path) -> None:
    """All in one transaction: where it cannot be finished, the journal is as it was."""
    with closing(sqlite3.connect(v1 / "journal.db")) as db:
        db.execute("CREATE TABLE requests_by_rollout (in_the_way TEXT)")
        db.commit()
        before = schema(v1)
        with pytest.raises(StateError, match="requests_by_rollout"):
            open_tables(v1, FixedClock(), create=False)
        assert (schema(v1), version(v1)) == (before, 1)
        assert_read_as_v1(v1)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder of the former version that everybody may read and its owner alone write."""
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "state"
        folder.mkdir()
        make_v1(folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder


@needs_root
def test_a_user_who_may_only_read(readable: Path) -> None:
    """It is read as it is; writing is refused in one line, and nothing is migrated."""
    with child("read_on", readable, "r2", user=CARL) as carl:
        carl.tell()
        assert carl.hear() == "2 nobody"
    with child("taken", readable, "r1", user=CARL) as carl:
        assert carl.hear_all() == ["web/127.0.0.1:801 web1 2", "api/::1:80 web1 0"]
    with child("pending", readable, "r2", user=CARL) as carl:
        assert carl.hear_all() == ["2 abort --restore"]
    with child("try_to_write", readable, "r2", user=CARL) as carl:
        said = carl.hear_all()
    assert all("cannot be written by this user" in one for one in said[:2]), said
    assert version(readable) == 1

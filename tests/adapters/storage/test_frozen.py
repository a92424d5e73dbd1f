"""A state folder that this user may only read: no need to write in order to read."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.lock import FileLock
from adapters.storage.store import open_tables
from adapters.storage.tables import Tables
from tests.adapters.storage.processes import child
from tests.adapters.storage.test_folder import CARL
from tests.support.journal_contract import row
from tests.support.operators import needs_root

CLOCK = SystemClock()
ROLLOUT = "web"


def added(journal: Tables, count: int = 1) -> None:
    for _ in range(count):
        journal.append(ROLLOUT, CLOCK.now(), "k", "{}")


@pytest.fixture
async def readable() -> AsyncIterator[Path]:
    """A folder that anybody may read and its owner alone write, with one record and nobody at
    work on it."""
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "state"
        with_record = open_tables(folder, CLOCK, create=True)
        with_record.begin(row(ROLLOUT, ROLLOUT), CLOCK.now(), "k", "{}")
        with_record.close()
        async with FileLock(folder, CLOCK, "anna").hold(ROLLOUT):
            pass
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder


def opened(folder: Path) -> "closing[Tables]":
    return closing(open_tables(folder, CLOCK, create=False))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@needs_root
def test_at_rest(readable: Path) -> None:
    """Nobody has it open: read all the same, and nothing is made."""
    before = names(readable)
    with child("read_on", readable, ROLLOUT, user=CARL) as carl:
        carl.tell()
        assert carl.hear() == "1 nobody"
    assert names(readable) == before


@needs_root
async def test_beside_a_writer(readable: Path) -> None:
    """What another process has written and not closed, and who holds the rollout, are seen."""
    writer = open_tables(readable, CLOCK, create=False)
    with child("read_on", readable, ROLLOUT, user=CARL) as carl:
        async with FileLock(readable, CLOCK, "anna").hold(ROLLOUT):
            for count in (2, 3):
                added(writer)
                carl.tell()
                assert carl.hear() == f"{count} {os.getpid()}"
    writer.close()


@needs_root
def test_writers_that_come_and_go(readable: Path) -> None:
    """One reader sees each new record, whether a writer has it open, has gone, or was there and
    has gone since the last look."""
    with child("read_on", readable, ROLLOUT, user=CARL) as carl:
        for count in (2, 4, 6):
            writer = open_tables(readable, CLOCK, create=False)
            added(writer)
            carl.tell()
            assert carl.hear() == f"{count} nobody"
            writer.close()
            carl.tell()
            assert carl.hear() == f"{count} nobody"
            later = open_tables(readable, CLOCK, create=False)
            added(later)
            later.close()
            carl.tell()
            assert carl.hear() == f"{count + 1} nobody"


@needs_root
def test_after_a_killed_writer(readable: Path) -> None:
    """What a killed process left in the log is read."""
    with child("append", readable, ROLLOUT, "0") as writer:
        assert writer.hear()
        writer.kill()
    assert "journal.db-wal" in names(readable)
    with child("read_on", readable, ROLLOUT, user=CARL) as carl:
        carl.tell()
        told = carl.hear()
    with opened(readable) as journal:
        assert told == f"{len(journal.records(ROLLOUT))} nobody"


@needs_root
def test_never_half_of_it(readable: Path) -> None:
    """While writers open, append and close as fast as they can, no look is torn or older than
    the one before."""
    with child("read_many", readable, ROLLOUT, "151", user=CARL) as carl:
        for _ in range(50):
            with opened(readable) as journal:
                added(journal, 3)
        assert carl.hear_all() == ["read True"]


@needs_root
def test_writing_is_refused(readable: Path) -> None:
    """Every way to write is one line that says so, at rest and beside a writer."""
    before = names(readable)
    with child("try_to_write", readable, ROLLOUT, user=CARL) as carl:
        at_rest = carl.hear_all()
    assert names(readable) == before
    with opened(readable), child("try_to_write", readable, ROLLOUT, user=CARL) as carl:
        beside = carl.hear_all()
    for said in (at_rest, beside):
        assert len(said) == 4
        assert all("cannot be written by this user" in one for one in said[:2]), said
        assert all("permission" in one or "cannot be" in one for one in said[2:]), said
    with opened(readable) as journal:
        assert len(journal.records(ROLLOUT)) == 1

"""A full disk, a disk that hangs, and a state folder that is removed while it is in use."""

import asyncio
import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from adapters.storage import worker
from adapters.storage.database import DiskFull, is_full
from adapters.storage.reserve import RESERVE, SIZE, keep, release
from adapters.storage.store import open_store, open_tables
from adapters.storage.tables import Tables
from controller.errors import StateError, StateGone
from tests.support.journal_contract import AT, FixedClock, row


def opened(folder: Path) -> Tables:
    return open_tables(folder, FixedClock(), create=True)


def test_space_is_kept_until_it_is_needed(tmp_path: Path) -> None:
    """It is really taken from the disk, given back once, and taken again by the next run."""
    opened(tmp_path).close()
    path = tmp_path / RESERVE
    assert path.stat().st_blocks * 512 >= SIZE
    assert release(tmp_path)
    assert path.stat().st_blocks == 0
    assert not release(tmp_path)
    opened(tmp_path).close()
    assert path.stat().st_size == SIZE
    path.unlink()
    assert not release(tmp_path)


def test_filesystem_that_cannot_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no reserve; a disk that is full already is told before anything is touched."""

    def refuse(number: int) -> None:
        def allocate(fd: int, offset: int, size: int) -> None:
            raise OSError(number, "no")

        monkeypatch.setattr(os, "posix_fallocate", allocate)

    refuse(errno.EOPNOTSUPP)
    keep(tmp_path)
    assert not release(tmp_path)
    refuse(errno.ENOSPC)
    with pytest.raises(StateError, match="the disk is full"):
        keep(tmp_path)


def full_once(monkeypatch: pytest.MonkeyPatch, *, times: int = 1) -> None:
    write, left = Tables._append, [None] * times

    def append(*args: object) -> object:
        if left:
            left.pop()
            raise DiskFull("journal: the disk is full")
        return write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Tables, "_append", append)


def test_record_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written into the space kept for it, and says so; nothing else changes."""
    tables = opened(tmp_path)
    tables.begin(row(), AT, "Plan", "{}")
    full_once(monkeypatch)
    record = tables.append("r1", AT, "StepEnded", "{}")
    assert record.trouble == "journal: the disk is full"
    assert tables.append("r1", AT, "Halted", "{}").trouble == ""
    assert [one.kind for one in tables.records("r1")] == ["Plan", "StepEnded", "Halted"]
    tables.close()


def test_disk_that_is_full_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without space to give back, and with too little of it."""
    tables = opened(tmp_path)
    tables.begin(row(), AT, "Plan", "{}")
    full_once(monkeypatch, times=3)
    for _ in range(2):
        with pytest.raises(DiskFull):
            tables.append("r1", AT, "StepEnded", "{}")
    tables.close()


def test_what_full_is() -> None:
    """As SQLite says it; a used-up quota is a write error to it."""
    for name, expected in (
        ("SQLITE_FULL", True),
        ("SQLITE_IOERR_WRITE", True),
        ("SQLITE_IOERR_READ", False),
    ):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorname = name
        assert is_full(error) is expected
    assert not is_full(UnicodeError())


@pytest.mark.parametrize("is_made_again", [False, True])
def test_state_folder_that_is_removed(tmp_path: Path, is_made_again: bool) -> None:
    """What is open still takes everything, and keeps nothing: it is refused."""
    folder = tmp_path / "state"
    tables = opened(folder)
    tables.begin(row(), AT, "Plan", "{}")
    shutil.rmtree(folder)
    if is_made_again:
        opened(folder).close()
    for call in (lambda: tables.append("r1", AT, "k", "{}"), lambda: tables.pending("r1", 0)):
        with pytest.raises(StateGone, match="was removed or replaced while in use"):
            call()
    tables.close()


def test_state_folder_that_is_removed_while_it_is_written(tmp_path: Path) -> None:
    """What was written then is nowhere: it does not count as kept."""
    tables = opened(tmp_path / "state")
    db = tables._db
    with pytest.raises(StateGone, match="was removed or replaced while in use"), db.writing():
        shutil.rmtree(tmp_path / "state")
    tables.close()


async def test_disk_that_hangs_keeps_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end does not wait for it for ever."""
    monkeypatch.setattr(worker, "PATIENCE", 0.01)
    store = open_store(tmp_path, FixedClock(), create=True)
    answer = threading.Event()
    asked = asyncio.create_task(store._worker.run(answer.wait))
    await asyncio.sleep(0)
    await store.aclose()
    assert not asked.done()
    answer.set()
    await asked

"""The journal in SQLite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.storage.journal import SqliteJournal, open_state
from tests.support.journal_contract import AT, FixedClock, JournalContract, row, taken


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    def journal(self, tmp_path: Path) -> Iterator[SqliteJournal]:
        journal = open_state(tmp_path / "state", FixedClock(), create=True)
        yield journal
        journal.close()


def test_everything_survives_a_reopening(tmp_path: Path) -> None:
    """What one process wrote, the next one reads whole, and seq goes on rising."""
    first = open_state(tmp_path, FixedClock(), create=True)
    first.begin(row())
    before = first.append("r1", AT, "k", "{}")
    request = first.request("web", "pause", "", "anna")
    first.record_taken([taken("web1")])
    first.close()
    second = SqliteJournal(tmp_path, FixedClock())
    after = second.append("r1", AT, "k", "{}")
    assert list(second.records("r1")) == [before, after]
    assert after.seq > before.seq
    assert second.latest("web") == row()
    assert list(second.requests("web")) == [request]
    assert list(second.taken_by("r1")) == [taken("web1")]
    second.close()


def test_two_connections_see_each_other_at_once(tmp_path: Path) -> None:
    """`pause` in one process is seen by the next look of `run` in another, and its answer back."""
    run = open_state(tmp_path, FixedClock(), create=True)
    pause = open_state(tmp_path, FixedClock(), create=False)
    assert list(run.requests("web")) == []
    request = pause.request("web", "pause", "", "anna")
    assert list(run.requests("web")) == [request]
    run.acknowledge(request)
    assert pause.is_acknowledged(request)
    run.close()
    pause.close()


def test_a_taken_record_is_not_used_twice(tmp_path: Path) -> None:
    """Order of taking is kept although former records are gone, also in a new process."""
    first = open_state(tmp_path, FixedClock(), create=True)
    first.record_taken([taken("web1"), taken("web2")])
    first.forget_taken([("web", "127.0.0.1:802")])
    first.close()
    second = open_state(tmp_path, FixedClock(), create=False)
    second.record_taken([taken("web3"), taken("web2")])
    assert [each.member for each in second.taken_by("r1")] == ["web1", "web3", "web2"]
    second.close()


def test_close_may_be_repeated(tmp_path: Path) -> None:
    """Ways out may cross; closing twice is harmless."""
    journal = open_state(tmp_path, FixedClock(), create=True)
    journal.close()
    journal.close()
    assert (tmp_path / "journal.db").is_file()

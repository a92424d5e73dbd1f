"""`history`: a journal of years is listed in part, verified, and pruned."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.store import open_tables
from controller.cli.prune import age_of
from controller.errors import UsageFault
from tests.cli.test_report import kept, poolroll
from tests.report import journals

OLD = SystemClock().wall() - timedelta(days=400)


def age(state: Path, *ids: str) -> None:
    """As if they had ended long ago."""
    with closing(sqlite3.connect(state / "journal.db")) as db:
        for id_ in ids:
            db.execute("UPDATE rollouts SET ended = ? WHERE id = ?", (OLD.isoformat(), id_))
        db.commit()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Three rollouts: the oldest was done a year ago, the next one was abandoned then, the newest
    halted."""
    folder = tmp_path / "state"
    for id_, outcome in (("web-1", "done"), ("web-2", "abandoned"), ("web-3", "")):
        records = journals.healthy() if outcome == "done" else journals.halted().records
        with closing(kept(folder, records, id=id_, name="web")) as journal:
            if outcome:
                journal.end(id_, outcome, 0)
    age(folder, "web-1", "web-2")
    return folder


def listed(state: Path, *argv: str) -> list[str]:
    code, out, err = poolroll("history", *argv, "--json", "--state", str(state))
    assert code == 0, err
    return [one["id"] for one in json.loads(out)["rollouts"]]


def test_the_newest_are_listed(tmp_path: Path) -> None:
    """And that there are more; one ID alone is found, too."""
    folder = tmp_path / "state"
    with closing(open_tables(folder, SystemClock(), create=True)) as journal:
        first = journals.halted().records[0]
        for number in range(23):
            row = journals.row(id=f"web-{number:02}")
            journal.begin(row, first.at, first.kind, first.body)
    assert len(listed(folder)) == 20
    assert listed(folder, "web")[0] == "web-22"
    assert len(listed(folder, "--all")) == 23
    assert listed(folder, "web-04") == ["web-04"]
    _, out, _ = poolroll("history", "--state", str(folder))
    assert "these are the newest 20; --all lists those before, too" in out
    _, out, _ = poolroll("history", "--all", "--state", str(folder))
    assert "--all" not in out


def test_a_whole_journal_is_verified(state: Path) -> None:
    code, out, _ = poolroll("history", "--verify", "--state", str(state))
    assert (code, out.splitlines()[-1]) == (0, "whole: 3 rollouts")
    code, out, _ = poolroll("history", "web-2", "--verify", "--json", "--state", str(state))
    told = json.loads(out)
    assert (code, told["is_whole"], len(told["rollouts"])) == (0, True, 1)
    head = told["rollouts"][0]["head"]
    code, out, _ = poolroll("history", "--verify", "--head", head, "--state", str(state))
    assert (code, out.splitlines()[-1]) == (0, f"the hash {head} is in it")


def test_a_changed_one_is_told_and_exits_with_3(state: Path) -> None:
    """Whoever builds the chain anew as well is told by a hash that was kept elsewhere."""
    code, out, _ = poolroll("history", "--verify", "--head", "0" * 64, "--state", str(state))
    assert code == 3
    assert "is NOT in it" in out
    with closing(sqlite3.connect(state / "journal.db")) as db:
        db.execute("UPDATE records SET body = body || ' ' WHERE rollout = 'web-1' AND seq = 5")
        db.commit()
    code, out, _ = poolroll("history", "web", "--verify", "--state", str(state))
    assert code == 3
    assert "web-1" in out
    assert "FAULT: record 5, a " in out
    assert "1 rollout of 3 NOT WHOLE" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--verify", "--head", "abc"), "64 hexadecimal digits"),
        (("--head", "0" * 64), "history --head: only with --verify"),
        (("--older-than", "1d"), "history --older-than: only with"),
        (("--verify", "--prune"), "two things"),
        (("--prune",), "add --older-than, like 90d"),
        (("--prune", "--older-than", "90"), "like 90d or 36h"),
        (("--prune", "--older-than", "90d"), "add --yes"),
    ],
)
def test_wrong_options(argv: tuple[str, ...], words: str, state: Path) -> None:
    code, out, err = poolroll("history", *argv, "--state", str(state))
    assert (code, out) == (2, "")
    assert words in err


def test_what_is_old_is_pruned(state: Path) -> None:
    """Records and files go, how each ended stays, and the journal is still whole. Nothing of an
    unfinished rollout, nor of the newest of a name, is touched."""
    prune = ("history", "--prune", "--older-than", "90d", "--yes", "--state", str(state))
    code, out, err = poolroll(*prune)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "pruned 2 rollouts"
    with closing(open_tables(state, SystemClock(), create=False)) as journal:
        assert [len(journal.records(id_)) > 0 for id_ in ("web-1", "web-2", "web-3")] == [
            False,
            False,
            True,
        ]
    _, out, _ = poolroll("history", "--state", str(state))
    assert "done (pruned)" in out
    assert "abandoned" in out
    code, out, _ = poolroll("history", "--verify", "--state", str(state))
    assert (code, out.splitlines()[-1]) == (0, "whole: 3 rollouts")
    code, _, err = poolroll("report", "web-1", "--state", str(state))
    assert code == 3
    assert "the records of rollout web-1 were pruned by" in err
    assert poolroll(*prune)[1].splitlines()[-1].endswith("0 rollouts ended before that")
    age(state, "web-3")
    assert poolroll(*prune)[1].splitlines()[-1].endswith("0 rollouts ended before that")


def test_ages() -> None:
    assert (age_of("90d"), age_of("36h")) == (timedelta(days=90), timedelta(hours=36))
    with pytest.raises(UsageFault):
        age_of("-1d")

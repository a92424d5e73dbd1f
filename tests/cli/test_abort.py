"""`abort` of a rollout that no process runs, whatever became of its rollout file."""

from contextlib import closing
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.store import open_tables
from tests.cli.test_report import kept, poolroll
from tests.report import journals

UNREADABLE = {
    "no YAML": 'upgrade: {command: [curl, -H, ""Authorization: Bearer ***"]}',
    "another version's": journals.FILE.replace("haproxy:", "another:"),
    "nothing": "",
}


def outcome(folder: Path) -> str | None:
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        return journal.rollouts("web")[0].outcome


@pytest.mark.parametrize("file", UNREADABLE.values(), ids=UNREADABLE)
def test_abort_needs_no_rollout_file(tmp_path: Path, file: str) -> None:
    """The journal is enough to end it: the members that are out are named, with the way back."""
    folder = tmp_path / "state"
    path = str(tmp_path / "web.yml")
    kept(folder, journals.halted().records, file=file, path=path).close()
    code, out, err = poolroll("abort", "web", "--state", str(folder))
    assert (code, outcome(folder)) == (0, "aborted"), err
    assert "nothing was set on any load balancer (the rollout file in the journal cannot" in err
    assert "according to the journal, out because of us: web2" in err
    assert "web2  OUT OF ROTATION" in out
    assert "set server web/web2 state ready" in out


def test_restore_needs_the_file_as_it_was_run(tmp_path: Path) -> None:
    """Its validations are in no other place: refused, with what is possible."""
    folder, path = tmp_path / "state", tmp_path / "web.yml"
    kept(folder, journals.halted().records, file="name: [", path=str(path)).close()
    path.write_text(journals.FILE)
    for now in ("has changed since the run", "cannot be used (no such file"):
        code, out, err = poolroll("abort", "web", "--restore", "--state", str(folder))
        assert (code, out, outcome(folder)) == (3, "", None)
        assert "the copy of the rollout file in the journal cannot be read" in err
        assert f"{path} {now}" in err
        assert "restore that file as it was run, or abort without --restore" in err
        path.unlink(missing_ok=True)

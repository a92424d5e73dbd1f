"""What lies at the path of a rollout file after its run is run or read by nobody, unless it is the
file of the run, and theirs or root's."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.storage.folder import DATABASE
from controller.config import notices_fingerprint, parse
from controller.config.changes import fingerprint
from controller.core import events as e
from tests.cli.test_report import kept, poolroll
from tests.report import journals
from tests.support.operators import needs_root

STRANGER = 54009


class Rollout:
    """One that is halted, and its file, which has a command for `aborted`."""

    def __init__(self, tmp_path: Path, more: str = "") -> None:
        self.folder, self.ran = tmp_path / "state", tmp_path / "ran"
        (tmp_path / "files").mkdir()
        self.path = tmp_path / "files" / "web.yml"
        self.path.write_text(journals.FILE + more + self.notify(self.ran))
        text, row = self.path.read_text(), journals.row()
        file = parse(text, str(self.path), row.sets)
        scribe = journals.halted()
        scribe.write(e.FileKept(fingerprint(file, row.id), notices_fingerprint(file, row.id)))
        kept(self.folder, scribe.records, file=text, path=str(self.path)).close()

    def notify(self, ran: Path) -> str:
        return f"notify: [{{on: [aborted], command: [touch, '{ran}']}}]\n"

    def abort(self, *options: str) -> str:
        code, out, err = poolroll("abort", "web", "--state", str(self.folder), *options)
        assert code == (3 if options else 0), err
        return out + err


def test_the_file_of_the_run_is_told(tmp_path: Path) -> None:
    """The notice goes where the run would have sent it."""
    rollout = Rollout(tmp_path)
    assert "no notifications" not in rollout.abort()
    assert rollout.ran.exists()


def test_other_notices_at_its_path(tmp_path: Path) -> None:
    """Whoever wrote there since would have it run by whoever says `abort`."""
    rollout = Rollout(tmp_path)
    rollout.path.write_text(journals.FILE + rollout.notify(tmp_path / "other"))
    told = rollout.abort()
    assert f"no notifications will be sent: {rollout.path}: `notify` or `heartbeat` is not" in told
    assert not (tmp_path / "other").exists()
    assert not rollout.ran.exists()


@needs_root
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    """Even where it says the same: they may change it the next moment."""
    rollout = Rollout(tmp_path)
    os.chown(rollout.path, STRANGER, STRANGER)
    told = rollout.abort()
    assert f"no notifications will be sent: {rollout.path}: {rollout.path} belongs to user" in told
    assert "nothing in it is run or read" in told
    assert not rollout.ran.exists()


@pytest.mark.parametrize("mode", [0o700, 0o2770])
def test_commands_of_a_copy_that_others_may_write(tmp_path: Path, mode: int) -> None:
    """`--restore` takes them from the file at its path; from the journal only where that is of this
    user alone."""
    rollout = Rollout(tmp_path, "  - command: [./smoke.sh]\n")
    rollout.path.unlink()
    rollout.folder.chmod(mode)
    told = rollout.abort("--restore")
    refused = "names commands or secrets, and others may write this journal, and" in told
    assert refused == (mode == 0o2770)
    assert ("cannot be reached" in told or "admin.sock" in told) == (mode == 0o700), told


def test_probes_of_a_copy_that_others_may_write(tmp_path: Path) -> None:
    """A file without commands needs nobody's word: what is out can go back at three."""
    rollout = Rollout(tmp_path)
    rollout.path.unlink()
    rollout.folder.chmod(0o2770)
    assert "admin.sock" in rollout.abort("--restore")


@pytest.mark.parametrize("mode", [0o700, 0o2770])
def test_a_kubeconfig_that_every_user_may_write(tmp_path: Path, mode: int) -> None:
    """It names programs: `status` and `abort` do not go by it, where others wrote its name."""
    config = tmp_path / "kubeconfig"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        "contexts: [{name: c, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\n"
        f"users: [{{name: u, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, "
        f"command: touch, args: ['{tmp_path}/ran'], interactiveMode: Never}}}}}}]\n"
    )
    config.chmod(0o666)
    text = (
        "apiVersion: poolroll/v1\nname: web\nvars: {version: v1}\n"
        f"pool: {{kubernetes: {{service: web, kubeconfig: '{config}'}}}}\n"
    )
    folder = tmp_path / "state"
    kept(folder, journals.halted().records, file=text, path=str(tmp_path / "web.yml")).close()
    folder.chmod(mode)
    _, out, _ = poolroll("status", "web", "--state", str(folder))
    assert (f"every user may write {config}" in out) == (mode == 0o2770), out
    code, out, err = poolroll("abort", "web", "--state", str(folder))
    assert (code == 0) == (mode == 0o2770), err
    assert (tmp_path / "ran").exists() == (mode == 0o700), out + err


@pytest.mark.parametrize("mode", [0o700, 0o2770])
def test_secrets_of_a_copy_that_others_may_write(tmp_path: Path, mode: int) -> None:
    """No file is opened because it names it, not even to mask what a reason says of it."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret-and-long")
    more = f"  - webhook: {{url: 'https://h/', secret: {{file: '{secret}'}}}}\n    on: [halted]\n"
    folder = tmp_path / "state"
    text = journals.FILE + "notify:\n" + more
    kept(folder, journals.halted().records, file=text, path=str(tmp_path / "web.yml")).close()
    folder.chmod(mode)
    argv = ("resume", "web", "--reason", "it is s3cret-and-long", "--state", str(folder))
    code, _, err = poolroll(*argv)
    assert code == 0, err
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        [(reason,)] = db.execute("SELECT reason FROM requests").fetchall()
    assert reason == ("it is s3cret-and-long" if mode == 0o2770 else "it is ***")

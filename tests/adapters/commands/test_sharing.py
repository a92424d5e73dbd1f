"""Operators of one group share the records of steps, whoever came first and whatever the umask."""

import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands, durable
from adapters.commands.sharing import check_root, clear_away, make_root
from controller.errors import StateError
from controller.tasks import Command, Job
from tests.support.operators import GROUP, needs_root

ROOT = Path(__file__).parents[3]
ANNA, BERT = 54001, 54002
SAY = ("/bin/sh", "-c", "id -u; echo x >>$0")


def run(user: int, umask: str, shared: Path, key: str, *argv: str) -> str:
    whole = (str(user), str(GROUP), umask, str(shared / "jobs"), key, *argv)
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.commands.operator", *whole],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


@needs_root
@pytest.mark.parametrize("umask", ["022", "027", "077"])
def test_one_begins_and_the_other_goes_on(shared: Path, umask: str) -> None:
    """The second operator reads how a step ended, and runs the next one of the same member."""
    runs = shared / "runs"
    assert run(ANNA, umask, shared, "r/web1/upgrade-0-1", *SAY, str(runs)) == f"0 {ANNA}"
    assert run(BERT, umask, shared, "r/web1/upgrade-0-1", *SAY, str(runs)) == f"0 {ANNA}"
    assert runs.read_text() == "x\n", "a finished step is not repeated"
    fail = ("/bin/sh", "-c", "echo --token=abc; exit 3")
    assert run(BERT, umask, shared, "r/web1/upgrade-1-1", *fail) == "3 --token=***"
    assert run(ANNA, umask, shared, "r/web1/upgrade-1-1", "/bin/true") == "3 --token=***"
    for path in (shared / "jobs").rglob("*"):
        wanted = 0o2770 if path.is_dir() else 0o660
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@needs_root
def test_whoever_made_a_folder_was_killed_at_once(shared: Path) -> None:
    """Before it was shared, so that nothing can be in it: the next operator makes it anew."""
    assert run(ANNA, "077", shared, "r/web0/upgrade-0-0", "/bin/true") == "0"
    for name in ("q", "r/web1"):
        folder = shared / "jobs" / name
        folder.mkdir(0o700)
        os.chown(folder, ANNA, GROUP)
    assert run(BERT, "022", shared, "q/web1/upgrade-0-0", "/bin/true") == "0"
    assert run(BERT, "022", shared, "r/web1/upgrade-0-0", "/bin/true") == "0"
    for name in ("q", "r/web1"):
        assert stat.S_IMODE((shared / "jobs" / name).stat().st_mode) == 0o2770


def test_a_folder_that_another_caller_makes_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of the look whether one is in the way."""
    folder = tmp_path / "k"

    def look(path: Path, mode: int) -> bool:
        may = os_access(path, mode)
        folder.mkdir(exist_ok=True)
        return may

    def at_once(path: Path) -> os.stat_result:
        try:
            return lstat(path)
        finally:
            folder.mkdir(exist_ok=True)

    os_access, lstat = os.access, Path.lstat
    monkeypatch.setattr(os, "access", look)
    monkeypatch.setattr(Path, "lstat", at_once)
    clear_away(folder)
    assert folder.is_dir()


@needs_root
def test_a_folder_of_a_former_version(shared: Path) -> None:
    """It was its user's alone: others are refused before anything is touched, with what to do; its
    owner shares it by the next command."""
    assert run(ANNA, "077", shared, "r/web1/upgrade-0-1", "/bin/echo", "old") == "0 old"
    for path in (shared / "jobs", *(shared / "jobs").rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    refused = run(BERT, "022", shared, "r/web1/upgrade-0-1", "/bin/true")
    assert refused.startswith(f"state folder: {shared}/jobs may not be used by this user; user ")
    assert refused.endswith(f"can share it: chmod -R g+rwX {shared}/jobs")
    assert run(ANNA, "077", shared, "r/web2/upgrade-0-1", "/bin/true") == "0"
    assert run(BERT, "022", shared, "r/web1/upgrade-0-1", "/bin/true") == "0 old"


def test_a_folder_of_ones_own_stays_so(tmp_path: Path) -> None:
    """What is made in it is for nobody else either, whatever the umask."""
    tmp_path.chmod(0o700)
    root = tmp_path / "jobs"
    before = os.umask(0)
    try:
        make_root(root)
        durable.write_durably(str(root), "result", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(root.stat().st_mode) & 0o777 == 0o700
    assert stat.S_IMODE((root / "result").stat().st_mode) == 0o600


async def refused(commands: LocalCommands, job: Job) -> str | None:
    """Why it was not begun."""
    try:
        return (await commands.run(job)).fault
    except StateError as error:
        return str(error)


async def test_no_link_is_followed(tmp_path: Path) -> None:
    """Where others of a group may write, a job writes into its own folder alone."""
    theirs = tmp_path / "theirs"
    theirs.write_text("kept")
    for name in ("lock", "group.new", "result.new", "output", "left.new"):
        folder = tmp_path / "jobs" / name
        folder.mkdir(parents=True)
        (folder / name).symlink_to(theirs)
        commands = LocalCommands(tmp_path / "jobs", SystemClock())
        command = Command(("/bin/sh", "-c", "echo x"), timedelta(seconds=20), {}, "/")
        if name == "left.new":  # only written when something is left
            with pytest.raises(OSError, match="Too many levels of symbolic links"):
                durable.write_durably(str(folder), "left", "x")
        else:
            assert await refused(commands, Job(name, command))
    assert theirs.read_text() == "kept"


async def test_a_result_is_read_in_its_own_place(tmp_path: Path) -> None:
    """Else the output of a step could show any file that the operator may read."""
    (tmp_path / "jobs" / "k").mkdir(parents=True)
    (tmp_path / "theirs").write_text("0.1 fault secret")
    (tmp_path / "jobs" / "k" / "result").symlink_to(tmp_path / "theirs")
    commands = LocalCommands(tmp_path / "jobs", SystemClock())
    with pytest.raises(StateError, match="symbolic links"):
        await commands.run(Job("k", Command(("/bin/true",), timedelta(seconds=20), {}, "/")))


def test_a_file_in_its_place(tmp_path: Path) -> None:
    """One line, never a traceback."""
    (tmp_path / "jobs").touch()
    with pytest.raises(StateError, match="jobs: File exists"):
        check_root(tmp_path / "jobs")

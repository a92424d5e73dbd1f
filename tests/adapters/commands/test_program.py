"""Whether a command could be started: foretold as the start itself would tell it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from controller.tasks import Command, Job
from tests.adapters.commands.support import LONG, commands


def script(path: Path, text: str = "#!/bin/sh\nexit 0\n", mode: int = 0o755) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Programs of every kind."""
    home = tmp_path / "home"
    (home / "sub").mkdir(parents=True)
    script(home / "good")
    script(home / "sub" / "good")
    script(home / "plain", mode=0o644)
    script(home / "bare", "#!/no/such/interpreter -x\n")
    script(home / "by_env", "#!/usr/bin/env sh\nexit 0\n")
    return home


STARTS = ("./good", "sub/good", "{home}/good", "sh", "/bin/sh", "./by_env")
FAILS = {
    "good": "good: command not found",
    "web-upgarde": "web-upgarde: command not found",
    "./nope": "./nope: command not found",
    "{home}/nope": "{home}/nope: command not found",
    "./plain": "./plain: not executable for this user (Permission denied)",
    "./bare": "./bare: the interpreter in its first line was not found",
}


@pytest.mark.parametrize("name", STARTS)
async def test_what_starts(folder: Path, tmp_path: Path, name: str) -> None:
    """By a path from the command's folder, by a whole path, and along PATH."""
    command = Command((name.format(home=folder), "-c", "exit 0"), LONG, cwd=str(folder))
    runs = commands(tmp_path / "jobs")
    assert runs.unstartable(command) is None
    assert (await runs.run(Job("k", command))).exit_code == 0


@pytest.mark.parametrize("name", FAILS)
async def test_what_does_not_start(folder: Path, tmp_path: Path, name: str) -> None:
    """Foretold in the words that the failed start has; nothing was begun."""
    command = Command((name.format(home=folder),), LONG, cwd=str(folder))
    runs = commands(tmp_path / "jobs")
    assert runs.unstartable(command) == FAILS[name].format(home=folder)
    assert (await runs.run(Job("k", command))).fault == FAILS[name].format(home=folder)


def test_path_of_the_command(folder: Path, tmp_path: Path) -> None:
    """PATH as the command sets it counts, with entries from its own folder too."""
    runs = commands(tmp_path / "jobs")
    for path in (str(folder), ".", "/nowhere:sub"):
        assert runs.unstartable(Command(("good",), LONG, {"PATH": path}, str(folder))) is None
    assert runs.unstartable(Command(("sh",), LONG, {"PATH": "/nowhere"}, str(folder))) is not None


def test_a_folder_is_no_program(folder: Path, tmp_path: Path) -> None:
    """Though it bears the bits of one."""
    assert os.access(folder / "sub", os.X_OK)
    told = commands(tmp_path / "jobs").unstartable(Command(("./sub",), LONG, cwd=str(folder)))
    assert told == "./sub: command not found"


def test_no_folder_to_start_in(tmp_path: Path) -> None:
    """The folder of the rollout file is gone."""
    gone = Command(("sh",), LONG, cwd=str(tmp_path / "gone"))
    told = commands(tmp_path / "jobs").unstartable(gone)
    assert told == f"sh: working directory '{tmp_path}/gone': No such file or directory"


@contextmanager
def nobody() -> Iterator[None]:
    """Another user, where the tests run as root, whom no permission stops."""
    former = os.geteuid()
    if former == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(former)


HIDDEN = {
    "tool": "tool: not found, or not executable for this user (Permission denied)",
    "{closed}/tool": "{closed}/tool: not executable for this user (Permission denied)",
    "./by_closed": "./by_closed: not executable for this user (Permission denied)",
}


@pytest.mark.parametrize("name", HIDDEN)
async def test_where_this_user_may_not_look(tmp_path: Path, name: str) -> None:
    """A folder that may not be searched, as after `su` or `sudo -u`: told in one line, before the
    run and by it."""
    with TemporaryDirectory() as root:  # pytest's own folders are closed to other users
        home, closed = Path(root) / "home", Path(root) / "closed"
        home.mkdir()
        closed.mkdir()
        script(closed / "tool")
        script(home / "by_closed", f"#!{closed}/tool\n")
        Path(root).chmod(0o755)
        closed.chmod(0o000)
        argv = (name.format(closed=closed),)
        command = Command(argv, LONG, {"PATH": f"{closed}:/usr/bin"}, str(home))
        there = Command(("sh", "-c", "exit 0"), LONG, {"PATH": f"{closed}:/usr/bin:/bin"}, "/")
        inside = Command(("sh",), LONG, cwd=f"{closed}/in")
        runs = commands(tmp_path / "jobs")
        told = f"sh: working directory '{closed}/in': Permission denied"
        with nobody():
            assert runs.unstartable(command) == HIDDEN[name].format(closed=closed)
            assert (await runs.run_briefly(command)).fault == HIDDEN[name].format(closed=closed)
            assert runs.unstartable(there) is None
            assert (await runs.run_briefly(there)).exit_code == 0
            assert runs.unstartable(inside) == told
            assert (await runs.run_briefly(inside)).fault == told
            assert runs.unstartable(replace(inside, cwd=str(closed))) == told.replace("/in", "")
        closed.chmod(0o755)


def test_a_file_is_no_folder_to_start_in(folder: Path, tmp_path: Path) -> None:
    """In the words of the failed start."""
    told = commands(tmp_path / "jobs").unstartable(Command(("sh",), LONG, cwd=str(folder / "good")))
    assert told == f"sh: working directory '{folder}/good': Not a directory"

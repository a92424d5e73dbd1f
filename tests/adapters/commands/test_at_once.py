"""What another caller, or the step itself, does between a look and what follows from it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import modes
from adapters.commands import aside as room
from adapters.commands import durable, processes
from adapters.commands.aside import aside
from adapters.commands.group import Group
from adapters.commands.place import Place
from adapters.commands.sharing import make_root
from controller.secrets import Secrets
from controller.tasks import JobResult

PLACES = frozenset({"host:a:1"})


def once_before(monkeypatch: pytest.MonkeyPatch, name: str, does: Callable[[], object]) -> None:
    """Before the first file is renamed to `name`."""
    rename = os.rename

    def late(source: str, target: str) -> None:
        if Path(target).name == name:
            monkeypatch.setattr(os, "rename", rename)
            does()
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)


def test_two_take_up_the_same_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has its lock yet: both note what the job is about."""
    place = Place(tmp_path / "jobs", "r/web1/0", PLACES)
    once_before(monkeypatch, durable.PLACES, place.create)
    place.create()
    assert (place.folder / durable.PLACES).read_text() == "host:a:1\n"
    assert [one.name for one in place.folder.iterdir()] == [durable.PLACES]


def test_two_hide_the_secrets_of_one_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have waited for its end; what is kept of the output is not lost over that."""
    place = Place(tmp_path / "jobs", "r/web1/0")
    place.create()
    ended = JobResult(exit_code=0, output="it is hunter22, said the step")
    secrets = Secrets(frozenset({"hunter22"}))
    once_before(monkeypatch, durable.OUTPUT, lambda: place.concealed(ended, secrets))
    shown = place.concealed(ended, secrets).output
    assert "hunter22" not in shown
    assert (place.folder / durable.OUTPUT).read_text() == shown
    assert [one.name for one in place.folder.iterdir()] == [durable.OUTPUT]


def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        durable.write_unlocked(str(tmp_path), durable.PLACES, "x\n")
    with pytest.raises(OSError, match="No such file"):
        durable.write_unlocked(str(tmp_path / "missing"), durable.PLACES, "x\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_early", [True, False], ids=["before", "after"])
def test_a_step_that_ends_while_it_is_looked_for(
    is_early: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It notes what it left behind, and then its end, before or after its processes were looked
    for: what it left is seen all the same."""
    former, place = (Place(tmp_path, f"r/web1/{n}") for n in range(2))
    former.create()
    own = os.getpid()
    group = f"{2**22 + 1} 1 {processes.machine()} 1.0\n"
    durable.write_durably(str(former.folder), durable.GROUP, group)
    running = Group.running

    def ends() -> None:
        former.note_left([own], [])
        former.settle("exit 1", 1.0)

    def looks(group: Group) -> list[int]:
        if is_early:
            ends()
        found = running(group)
        if not is_early:
            ends()
        return found

    monkeypatch.setattr(Group, "running", looks)
    assert place.remains() == [f"{processes.name_of(own)} ({own})"]


def test_a_file_of_a_job_goes_while_all_are_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that runs meanwhile renames it; the others are shared all the same."""
    tmp_path.chmod(0o2770)
    job = tmp_path / "jobs" / "k"
    job.mkdir(parents=True)
    job.parent.chmod(0o700)
    files = [job / name for name in ("a.new", "b")]
    for one in files:
        one.touch(0o600)
    mend = modes.mend

    def renamed(path: str) -> None:
        if path == str(job):  # its files are listed by now
            files[0].unlink()
        mend(path)

    monkeypatch.setattr(modes, "mend", renamed)
    make_root(tmp_path / "jobs")
    assert files[1].stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize("is_first", [True, False], ids=["cancelled first", "ended first"])
async def test_cancelled_just_as_it_has_ended(
    is_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was had is given back, whichever of the two came first in one turn of the loop."""
    loop, undone = asyncio.get_running_loop(), list[int]()
    gone = asyncio.Event()

    def tell(_: object, whom: Callable[[int], None], what: int) -> None:
        def both() -> None:
            if is_first:
                task.cancel()
            whom(what)
            task.cancel()
            gone.set()

        loop.call_soon_threadsafe(both)

    def undo(what: int) -> None:
        undone.append(what)

    monkeypatch.setattr(room, "_tell", tell)
    task = asyncio.ensure_future(aside(lambda: 7, undo=undo))
    await gone.wait()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert undone == [7]

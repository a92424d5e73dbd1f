"""The text file: whole at every moment, and in nobody's place."""

import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.telemetry import textfile
from adapters.telemetry.textfile import MetricsTextfile
from controller.errors import UsageFault
from controller.telemetry.catalogue import MEMBERS, UNREACHED
from controller.telemetry.values import Family, Sample
from tests.adapters.telemetry.pages import assert_refused, assert_two_done, refused, two_done
from tests.adapters.telemetry.scrape import series, value


async def test_textfile(tmp_path: Path) -> None:
    """Whole, readable by others, nothing left beside it, and not there before it is given."""
    path = tmp_path / "poolroll.prom"
    out = MetricsTextfile(path)
    await out.open(two_done)
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        assert await out.give() is None
    await out.aclose()
    assert list(tmp_path.iterdir()) == [path]
    assert_two_done(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


async def test_textfile_is_replaced_not_rewritten(tmp_path: Path) -> None:
    """Who has the former file open reads it to its end (rename(2))."""
    path = tmp_path / "poolroll.prom"
    path.write_text("former\n")
    out = MetricsTextfile(path)
    await out.open(two_done)
    with path.open() as former:
        assert await out.give() is None
        assert former.read() == "former\n"
    assert_two_done(path.read_text())


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link(path: Path) -> None:
    path.symlink_to("/dev/null")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [a_folder, a_link, a_pipe])
async def test_textfile_takes_no_other_place(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A folder, a link or a device is never replaced by a file."""
    path = tmp_path / "there.prom"
    make(path)
    with pytest.raises(UsageFault, match="is not a regular file"):
        await MetricsTextfile(path).open(two_done)
    assert [one.name for one in tmp_path.iterdir()] == ["there.prom"]


@pytest.mark.parametrize("path", ["no/such/folder/x.prom", "/proc/x.prom", "x" * 300])
async def test_textfile_that_cannot_be_written(tmp_path: Path, path: str) -> None:
    """Refused at once, with the path."""
    with pytest.raises(UsageFault, match=rf"--metrics-textfile .*{path[-6:]}: "):
        await MetricsTextfile(tmp_path / path).open(two_done)


async def test_textfile_whose_folder_goes(tmp_path: Path) -> None:
    """A failure under way is a line, and it works again when the folder is back."""
    folder = tmp_path / "here"
    folder.mkdir()
    out = MetricsTextfile(folder / "x.prom")
    await out.open(two_done)
    folder.rmdir()
    assert await out.give() == "not written: No such file or directory"
    folder.mkdir()
    assert await out.give() is None


async def test_what_is_added(tmp_path: Path) -> None:
    """What an earlier run left stays, and nothing is there twice; into a file that is not there
    yet, and not in the place of what is no file."""
    path, link = tmp_path / "poolroll.prom", tmp_path / "link.prom"
    out = MetricsTextfile(path)
    assert await out.add(refused()) is None
    assert_refused(path.read_text())
    await out.open(two_done)
    assert await out.give() is None
    assert "refused" not in path.read_text()
    for at in (6.0, 7.0):
        assert await out.add(refused(at)) is None
        assert_refused(path.read_text(), at)
        assert_two_done(path.read_text())
    link.symlink_to("/dev/null")
    missed = await MetricsTextfile(link).add(refused())
    assert missed is not None
    assert "is not a regular file" in missed


async def test_rollouts_share_a_file(tmp_path: Path) -> None:
    """What one rollout says of itself stays when another one writes, and is replaced by its own
    next word. All lines of a metric stand together, each once; a member's name is not taken for
    that of a rollout."""
    path = tmp_path / "poolroll.prom"
    odd = 'x{rollout="web"'
    api = (
        Family(MEMBERS, (Sample(("api", "failed"), 1.0),)),
        Family(UNREACHED, (Sample(("api", odd), 1.0),)),
    )
    one, other = MetricsTextfile(path), MetricsTextfile(path)
    await one.open(two_done)
    await other.open(lambda: api)
    for outlet in (one, other, one, other):
        assert await outlet.give() is None
        if outlet is one:
            assert_two_done(path.read_text())
    assert await one.add(refused()) is None
    text = path.read_text()
    assert_two_done(text)
    assert_refused(text)
    assert value(series(text), MEMBERS.name, rollout="api", phase="failed") == 1
    assert value(series(text), UNREACHED.name, rollout="api", member=odd) == 1
    names = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    assert names == sorted(names, key=list(dict.fromkeys(names)).index)
    assert text.count(f"# TYPE {MEMBERS.name} ") == 1


async def test_two_with_one_process_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in containers that share a folder. One is opened while the other one writes."""
    path = tmp_path / "x.prom"
    one, other = MetricsTextfile(path), MetricsTextfile(path)
    await one.open(two_done)
    write = MetricsTextfile._write_beside

    def late(own: MetricsTextfile, text: bytes) -> None:
        monkeypatch.setattr(MetricsTextfile, "_write_beside", write)
        write(own, text)
        other._write_beside(b"")
        other._forget()

    monkeypatch.setattr(MetricsTextfile, "_write_beside", late)
    assert await one.give() is None
    assert_two_done(path.read_text())
    assert list(tmp_path.iterdir()) == [path]


async def test_a_file_that_somebody_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is stopped while it writes delays nobody for long."""
    monkeypatch.setattr(textfile, "TRIES", 2)
    out = MetricsTextfile(tmp_path / "x.prom")
    await out.open(two_done)
    holder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert await out.give() == "not written: somebody else writes there"
    os.close(holder)
    assert await out.give() is None


async def test_what_is_far_too_long_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(textfile, "MOST", 3)
    path = tmp_path / "x.prom"
    path.write_text('poolroll_members{phase="done",rollout="api"} 1.0\n')
    out = MetricsTextfile(path)
    await out.open(two_done)
    assert await out.give() is None
    assert "api" not in path.read_text()

"""Where the state is, and what stands in its way."""

import errno
import os
import stat
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.storage.folder import default_state_dir, exists, fault, make_folder, out_of_reach
from adapters.storage.lock import FileLock
from adapters.storage.reserve import release
from adapters.storage.store import open_tables
from controller.errors import StateError
from tests.adapters.storage.processes import child
from tests.support.operators import GROUP, needs_root

CLOCK = SystemClock()
ANNA, BERT, CARL = (54001, GROUP), (54002, GROUP), (54003, 54003)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"XDG_STATE_HOME": "/x/state", "HOME": "/home/anna"}, "/x/state/poolroll"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/anna"}, "/home/anna/.local/state/poolroll"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/anna"}, "/home/anna/.local/state/poolroll"),
        ({"HOME": "/home/anna"}, "/home/anna/.local/state/poolroll"),
    ],
)
def test_the_default_follows_the_environment(
    tmp_path: Path, env: dict[str, str], expected: str
) -> None:
    """Without a system folder the XDG state home counts, when absolute, and nothing is made."""
    assert default_state_dir(env, tmp_path / "none") == Path(expected)
    assert not (tmp_path / "none").exists()


def test_the_system_folder_comes_first(tmp_path: Path) -> None:
    """A writable system folder wins over the environment; a file of that name does not."""
    env = {"XDG_STATE_HOME": "/x"}
    assert default_state_dir(env, tmp_path) == tmp_path
    (tmp_path / "file").touch()
    assert default_state_dir(env, tmp_path / "file") == Path("/x/poolroll")


def test_no_home_in_the_environment(tmp_path: Path) -> None:
    """A service without HOME gets an absolute folder of its user all the same."""
    found = default_state_dir({}, tmp_path / "none")
    assert found.is_absolute()
    assert found.parts[-3:] == (".local", "state", "poolroll")


async def used(folder: Path, umask: int) -> dict[str, int]:
    """All that a rollout leaves in `folder`, with its modes."""
    before = os.umask(umask)
    try:
        tables = open_tables(folder, CLOCK, create=True)
        LocalCommands(folder / "jobs", CLOCK).prepare()
        async with FileLock(folder, CLOCK, "anna").hold("web"):
            pass
        found = {
            str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
            for path in (folder, *folder.rglob("*"))
        }
        tables.close()
    finally:
        os.umask(before)
    assert {".", "jobs", "journal.db", "journal.db-wal", "locks/web.lock", "reserve"} <= {*found}
    return found


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_a_fresh_folder_is_for_its_user_alone(tmp_path: Path, umask: int) -> None:
    """Whatever the umask, and although the folder above is for a group."""
    tmp_path.chmod(0o2770)
    for mode in (await used(tmp_path / "state", umask)).values():
        assert not mode & 0o077


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_a_folder_for_a_group_is_so_with_all_that_is_in_it(
    tmp_path: Path, umask: int
) -> None:
    """It was made for a group: with the set-group-ID bit. Others get nothing of it."""
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o2770)
    for path, mode in (await used(folder, umask)).items():
        assert mode == (0o2770 if (folder / path).is_dir() else 0o660), path


@pytest.mark.parametrize("mode", [0o770, 0o755, 0o700])
async def test_a_folder_that_was_not_made_for_a_group(tmp_path: Path, mode: int) -> None:
    """What is in it is its user's alone: a group mode may be there by chance."""
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(mode)
    found = await used(folder, 0o000)
    assert found.pop(".") == mode
    assert not any(one & 0o077 for one in found.values())


async def test_a_folder_that_is_given_to_a_group_later(tmp_path: Path) -> None:
    """Its owner's next command shares all that is in it; what was for readers stays so."""
    folder = tmp_path / "state"
    await used(folder, 0o022)
    folder.chmod(0o2770)
    (folder / "journal.db").chmod(0o604)
    found = await used(folder, 0o022)
    assert found.pop("journal.db") == 0o664
    assert all(mode & 0o060 == 0o060 for mode in found.values())


@pytest.mark.parametrize("mode", [0o1777, 0o777, 0o702])
@pytest.mark.parametrize("create", [True, False])
def test_a_folder_that_everybody_may_write(tmp_path: Path, mode: int, create: bool) -> None:
    """They could have anything run by whoever says `abort`: every verb refuses it."""
    open_tables(tmp_path, CLOCK, create=True).close()
    tmp_path.chmod(mode)
    with pytest.raises(StateError, match="every user may write in it; its owner must end that"):
        open_tables(tmp_path, CLOCK, create=create)
    with pytest.raises(StateError, match="every user may write in it"):
        LocalCommands(tmp_path / "jobs", CLOCK).prepare()


def test_a_volume_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes makes an `emptyDir` for everybody in the pod; what is made in it is not."""
    tmp_path.chmod(0o777)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(StateError, match="every user may write in it"):
        open_tables(tmp_path, CLOCK, create=True)
    monkeypatch.setattr("os.path.ismount", lambda path: str(path) == str(tmp_path))
    open_tables(tmp_path, CLOCK, create=True).close()
    LocalCommands(tmp_path / "jobs", CLOCK).prepare()
    assert stat.S_IMODE((tmp_path / "journal.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["journal.db", "locks", "locks/guard", "reserve", "jobs"])
def test_links_in_a_state_folder_lead_nowhere(tmp_path: Path, name: str) -> None:
    """Who shares it could send what another operator writes to any file of theirs."""
    folder, target = tmp_path / "state", tmp_path / "target"
    (folder / "locks").mkdir(parents=True)
    if name in ("locks", "jobs"):
        target.mkdir()
        (folder / "locks").rmdir()
    else:
        target.write_text("theirs")
    (folder / name).symlink_to(target)

    def begin() -> None:
        open_tables(folder, CLOCK, create=True).close()
        LocalCommands(folder / "jobs", CLOCK).prepare()

    with pytest.raises(StateError) as caught:
        begin()
    assert str(folder) in str(caught.value)
    assert target.is_dir() or target.read_text() == "theirs"
    assert not target.is_dir() or not list(target.iterdir())


def test_a_full_disk_empties_no_other_file(tmp_path: Path) -> None:
    """The space that is kept is given back in its own place alone."""
    (tmp_path / "target").write_text("theirs")
    (tmp_path / "reserve").symlink_to(tmp_path / "target")
    assert not release(tmp_path)
    assert (tmp_path / "target").read_text() == "theirs"


@needs_root
async def test_what_root_makes_in_the_folder_of_a_user_is_theirs(shared: Path) -> None:
    """An abort by root must not lock its owner out."""
    shared.chmod(0o700)
    os.chown(shared, *CARL)
    await used(shared, 0o022)
    assert {(path.stat().st_uid, path.stat().st_gid) for path in shared.rglob("*")} == {CARL}
    with child("visit", shared, "web", user=CARL) as carl:
        assert [carl.hear(), carl.hear()] == ["1", "held"]


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    """What the owner decided about the folder is not changed."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    open_tables(folder, CLOCK, create=True).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_an_administrator_makes_this_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when it was looked for: it is theirs all the same, and so is its mode."""
    folder = tmp_path / "state"
    is_dir = Path.is_dir

    def late(path: Path) -> bool:
        found = is_dir(path)
        if path == folder and not found:
            folder.mkdir()
            folder.chmod(0o2770)
        return found

    monkeypatch.setattr(Path, "is_dir", late)
    make_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2770


def test_reading_makes_nothing(tmp_path: Path) -> None:
    """A reading verb on a missing or empty folder is an error that names it, and leaves it so."""
    missing = tmp_path / "missing"
    for folder in (missing, tmp_path):
        assert not exists(folder)
        with pytest.raises(StateError, match=f"there is no state in {folder}"):
            open_tables(folder, CLOCK, create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_state_is_seen(tmp_path: Path) -> None:
    """`exists` is true from the making on."""
    open_tables(tmp_path, CLOCK, create=True).close()
    assert exists(tmp_path)


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("below", ["file", "file/state", "x\x00y", "n" * 300])
def test_a_folder_that_cannot_be(tmp_path: Path, below: str, create: bool) -> None:
    """A file in the way, or what is no path at all, is one line, never a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(StateError) as caught:
        open_tables(tmp_path / below, CLOCK, create=create)
    assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_bytes() == b""


def test_a_folder_in_the_place_of_the_journal(tmp_path: Path) -> None:
    """A folder named like the journal is refused."""
    (tmp_path / "journal.db").mkdir()
    with pytest.raises(StateError, match=r"journal\.db"):
        open_tables(tmp_path, CLOCK, create=True)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOLCK, "no file locks; use a folder on a local disk"),
        (errno.EOPNOTSUPP, "no file locks; use a folder on a local disk"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the filesystem is read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_systems_errors_in_words(number: int, words: str) -> None:
    """What this machine's filesystem cannot be made to answer is at least put in words."""
    error = fault(Path("/s/locks/guard"), OSError(number, os.strerror(number)))
    assert str(error).startswith("state folder: /s/locks/guard: ")
    assert words in str(error)


@needs_root
def test_operators_of_a_group_share_a_state(shared: Path) -> None:
    """Two users with nothing but a group in common write and hold in turn, whatever their umask."""
    with child("visit", shared, "web", user=ANNA) as anna:
        assert [anna.hear(), anna.hear()] == ["1", "held"]
        with child("visit", shared, "web", user=BERT) as bert:
            assert bert.hear() == "2"
            assert bert.hear().startswith("PoolHeld: rollout 'web' is held by pid ")
        anna.tell()
        assert anna.process.wait() == 0
    with child("visit", shared, "web", user=BERT) as bert:
        assert [bert.hear(), bert.hear()] == ["3", "held"]
        with child("visit", shared, "api", user=ANNA) as anna:
            assert [anna.hear(), anna.hear()] == ["1", "held"]


@needs_root
@pytest.mark.parametrize("command", ["visit", "look"])
def test_a_stranger_is_told(shared: Path, command: str) -> None:
    """A user who may not even look gets one line, not a traceback."""
    open_tables(shared, CLOCK, create=True).close()
    with child(command, shared, *(["web"] if command == "visit" else []), user=CARL) as carl:
        assert carl.hear().startswith("StateError: state folder: ")
        assert carl.hear_all() == []


@needs_root
def test_a_folder_that_is_not_writable(shared: Path) -> None:
    """Permission to read the folder alone does not make a journal."""
    shared.chmod(0o755)
    with child("visit", shared, "web", user=CARL) as carl:
        assert "this user has no permission" in carl.hear()
    assert list(shared.iterdir()) == []


def test_a_folder_that_may_not_be_used(shared: Path) -> None:
    """It is said to be there, with the group to join; for others there is nothing to say."""
    assert out_of_reach(shared / "none") is None
    (shared / "file").touch()
    assert out_of_reach(shared / "file") is None


@needs_root
def test_a_stranger_is_told_of_the_shared_folder(shared: Path) -> None:
    """Never "there is none" of a folder that may not be read."""
    open_tables(shared, CLOCK, create=True).close()
    with child("reach", shared, user=CARL) as carl:
        assert carl.hear().startswith("StateError: state folder: ")
        told = f"{shared} is there, but this user may not use it: join the group {GROUP}"
        assert carl.hear() == told
    with child("reach", shared, user=ANNA) as anna:
        assert [anna.hear(), anna.hear()] == ["True", "None"]

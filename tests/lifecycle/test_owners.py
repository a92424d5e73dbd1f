"""Whose a file is that the journal names."""

import os
from pathlib import Path

import pytest

from controller.config import parse
from controller.lifecycle.owners import astray, distrust
from tests.config.test_pool_hosts import hosts_page
from tests.support.operators import needs_root

STRANGER = 54009


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "theirs" / "web.yml"
    path.parent.mkdir()
    path.touch(0o644)
    return path


def test_ones_own_file(file: Path) -> None:
    """As it lies in a home or under /etc; a file that is not there is for its reader to say."""
    assert distrust(file) is None
    assert distrust(file.with_name("none")) is None
    assert distrust(Path("/etc/passwd")) is None
    assert distrust(Path("x\0y")) is None


@needs_root
@pytest.mark.parametrize("whose", ["web.yml", "."])
def test_a_file_of_somebody_else(file: Path, whose: str) -> None:
    """Its owner, or that of a folder above it, could have anything run."""
    os.chown(file.parent / whose, STRANGER, STRANGER)
    told = f"{file.parent / whose} belongs to user {STRANGER}, not to this user or root"
    assert distrust(file) == told


@needs_root
def test_a_link_of_somebody_else(file: Path, tmp_path: Path) -> None:
    """They could lead it elsewhere at any time."""
    link = tmp_path / "link.yml"
    link.symlink_to(file)
    assert distrust(link) is None
    os.lchown(link, STRANGER, STRANGER)
    assert str(distrust(link)).startswith(f"{link} belongs to user {STRANGER}")


def test_links_in_a_chain(file: Path, tmp_path: Path) -> None:
    """Whoever can write the folder of any of them could lead the rest elsewhere."""
    between = tmp_path / "between"
    between.mkdir()
    (between / "second.yml").symlink_to(file)
    first = tmp_path / "first.yml"
    first.symlink_to("between/second.yml")
    folder = tmp_path / "folder"
    folder.symlink_to("between/../theirs")
    assert distrust(first) is None
    assert distrust(folder / "web.yml") is None
    between.chmod(0o777)
    assert distrust(first) == f"every user may write {between}"
    assert distrust(folder / "web.yml") == f"every user may write {between}"
    between.chmod(0o755)
    first.unlink()
    first.symlink_to("first.yml")
    assert distrust(first) is None  # its reader says that it leads nowhere


@pytest.mark.parametrize("whose", ["web.yml", "."])
def test_what_every_user_may_write(file: Path, whose: str) -> None:
    """Also its folder, where commands are run, whoever may remove what."""
    place = file.parent / whose
    place.chmod(0o1777 if place.is_dir() else 0o666)
    assert distrust(file) == f"every user may write {place}"


def test_a_folder_like_tmp_above_it(file: Path, tmp_path: Path) -> None:
    """Nobody can replace a folder of somebody else there; without that bit, everybody can."""
    tmp_path.chmod(0o1777)
    assert distrust(file) is None
    tmp_path.chmod(0o777)
    assert distrust(file) == f"every user may write {tmp_path}"


def test_scripts_of_a_journal_that_others_may_write() -> None:
    """Nobody runs what another has written; nor what the journal keeps without its secrets."""
    file = parse(hosts_page(), "/srv/web.yaml")
    assert astray(file, is_ours=True) is None
    told = "its pool is reached by commands, and others may write this journal"
    assert astray(file, is_ours=False) == told
    masked = parse(hosts_page().replace("[./lb.sh, in]", "[./lb.sh, '***']"), "/srv/web.yaml")
    assert "which the journal does not keep" in str(astray(masked, is_ours=True))

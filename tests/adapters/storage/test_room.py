"""Whether a state folder has room for a rollout."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from adapters.commands.sharing import try_out
from adapters.storage.room import require_room
from controller.errors import StateError

PLENTY = 1 << 20


def says(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    values = {"f_bfree": PLENTY, "f_bavail": PLENTY, "f_frsize": 4096, "f_flag": 0}
    values |= {"f_files": PLENTY, "f_favail": PLENTY, **changes}
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(**values))


def test_room_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the folder is still to be made, and on filesystems that count no files."""
    says(monkeypatch, f_files=0, f_favail=0)
    require_room(tmp_path / "a/b/c")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"f_bfree": 100, "f_bavail": 100}, r"only 400 KB are free there.*needs 8 MB; make room"),
        ({"f_favail": 7}, r"only 7 more files fit there.*needs 100; make room"),
        ({"f_flag": os.ST_RDONLY}, r"the filesystem is read-only"),
    ],
)
def test_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, int], why: str
) -> None:
    says(monkeypatch, **changes)
    with pytest.raises(StateError, match=why):
        require_room(tmp_path)


def test_the_folder_of_a_step_is_tried_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left behind, and one that cannot be made is told."""
    try_out(tmp_path / "missing")
    try_out(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("adapters.commands.sharing.uuid4", lambda: UUID(int=1))
    (tmp_path / f".trial-{UUID(int=1).hex}").touch()
    with pytest.raises(StateError, match="cannot be made and locked there: File exists"):
        try_out(tmp_path)

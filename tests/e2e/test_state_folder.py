"""Which state folder is in use, and whom its lock keeps out."""

from pathlib import Path

import pytest

from adapters.storage.folder import SYSTEM, may_write
from tests.e2e.conftest import MakeSite

ALONE = "yours alone: another user's poolroll on this pool would not be refused; share"


@pytest.mark.skipif(SYSTEM.is_dir() and may_write(SYSTEM), reason=f"{SYSTEM} is there")
async def test_a_folder_of_ones_own(site: MakeSite) -> None:
    """Where the default is a user's own folder, `plan` and `run` say what its lock is worth; with
    a folder that was asked for they say nothing."""
    one = await site(2)
    file = str(one.file(gates=[]))
    home = one.folder / "xdg"
    for argv in (["plan", file], ["run", file, "--yes"]):
        told = await one.start(*argv, XDG_STATE_HOME=str(home)).end()
        assert told.code == 0, told.text
        assert f"  state is in {home}/poolroll, {ALONE} {SYSTEM}" in told.out
    for state in (home / "poolroll", one.state):
        told = await one.start("plan", file, POOLROLL_STATE=str(state)).end()
        assert (told.code, ALONE in told.text) == (0, False), told.text


async def test_a_folder_to_be_made(site: MakeSite) -> None:
    """A folder that is not there yet is no reason to mind anything, and `plan` makes none."""
    one = await site(2)
    fresh = one.folder / "fresh"
    told = await one.start("plan", str(one.file()), "--state", str(fresh)).end()
    assert (told.code, "may not be written" in told.out) == (0, False), told.text
    assert not fresh.exists()


def test_may_write(tmp_path: Path) -> None:
    """A folder that is not there cannot be written into."""
    assert may_write(tmp_path)
    assert not may_write(tmp_path / "none")

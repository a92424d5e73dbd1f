"""The key of a state folder: made once, for those who use the folder, and not in the journal."""

from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.storage.folder import DATABASE
from adapters.storage.key import BYTES, KEY, keep_key, key_of
from adapters.storage.store import open_store, read_store
from controller.errors import StateError
from tests.support.journal_contract import FixedClock


async def test_it_is_made_once(tmp_path: Path) -> None:
    """Whoever opens the state has the same, also to read; no byte of it is in the journal."""
    folder = tmp_path / "state"
    async with aclosing(open_store(folder, FixedClock(), create=True)) as store:
        key = await store.journal.key()
    assert len(key) == BYTES
    for again in (open_store(folder, FixedClock(), create=True), read_store(folder, FixedClock())):
        async with aclosing(again):
            assert await again.journal.key() == key
    assert key not in (folder / DATABASE).read_bytes()
    assert (folder / KEY).stat().st_mode & 0o007 == 0


def test_one_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    """A process was killed before it had written it: nothing was made with that."""
    (tmp_path / KEY).write_bytes(b"abc")
    assert key_of(tmp_path) == b""
    keep_key(tmp_path)
    assert len(key_of(tmp_path)) == BYTES


def test_no_link_is_followed(tmp_path: Path) -> None:
    """Else somebody could have another file overwritten, or use a key of their own."""
    (tmp_path / "other").write_bytes(b"x" * BYTES)
    (tmp_path / KEY).symlink_to(tmp_path / "other")
    assert key_of(tmp_path) == b""
    with pytest.raises(StateError):
        keep_key(tmp_path)
    assert key_of(tmp_path / "nowhere") == b""

"""The lock among real processes."""

import json
import os
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.flocks import open_lock, try_lock, wait_for_lock
from adapters.storage.lock import FileLock
from controller.errors import PoolHeld, StateError
from tests.adapters.storage.child import POOL
from tests.adapters.storage.processes import child
from tests.support.journal_contract import FixedClock
from tests.support.lock_contract import LockContract, Locks

CLOCK = SystemClock()


class TestFileLock(LockContract):
    @pytest.fixture
    def locks(self, tmp_path: Path) -> Locks:
        return lambda who: FileLock(tmp_path / "state", FixedClock(), who)


async def test_held_while_it_lives_and_free_once_killed(tmp_path: Path) -> None:
    """S10: another process's hold is refused with its pid, and ends with kill -9 at once."""
    mine = FileLock(tmp_path, CLOCK, "anna")
    with child("hold", tmp_path, "web") as other:
        assert other.hear() == "held"
        with pytest.raises(PoolHeld, match=f"pid {other.process.pid} "):
            await mine.hold("web").__aenter__()
        holder = await mine.holder("web")
        assert holder is not None
        assert (holder.pid, holder.by) == (other.process.pid, "child")
        async with mine.hold("blue") as blue:
            with pytest.raises(PoolHeld, match="held by rollout 'web', pid"):
                await blue.add(POOL)
        other.kill()
        assert await mine.holder("web") is None
        async with mine.hold("blue") as blue:
            await blue.add(POOL)
        async with mine.hold("web"):
            holder = await mine.holder("web")
    assert holder is not None
    assert holder.pid == os.getpid()


async def test_a_child_of_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    """An upgrade step that outlives a killed poolroll does not keep the pool locked (S7)."""
    to_echo, send = os.pipe()
    receive, from_echo = os.pipe()
    fds = (to_echo, from_echo)
    try:
        with child("hold_with_child", tmp_path, "web", *map(str, fds), fds=fds) as other:
            assert other.hear() == "held"
            other.kill()
            mine = FileLock(tmp_path, CLOCK, "anna")
            async with mine.hold("web") as hold:
                await hold.add(POOL)
                os.write(send, b"alive")
                assert os.read(receive, 5) == b"alive"
    finally:
        for fd in (*fds, send, receive):
            os.close(fd)


def test_exactly_one_of_two_wins(tmp_path: Path) -> None:
    """S10: of two processes that reach for the same pool at once, one wins, in each of 25 goes."""
    with child("contend", tmp_path, "a") as a, child("contend", tmp_path, "b") as b:
        for _ in range(25):
            a.tell()
            b.tell()
            outcomes = sorted((a.hear(), b.hear()))
            assert outcomes[1] == "won"
            assert outcomes[0].startswith("the pool (web/127.0.0.1:8081) is held by rollout '")
            a.tell()
            b.tell()


async def test_a_record_without_its_lock_is_a_leftover(tmp_path: Path) -> None:
    """A stale record, even one with a living pid, holds nothing and is replaced."""
    locks = tmp_path / "locks"
    anna = FileLock(tmp_path, CLOCK, "anna")
    async with anna.hold("web") as hold:
        await hold.add(POOL)
    record = json.loads((locks / "web.json").read_text())
    assert (record["pid"], record["keys"]) == (os.getpid(), POOL)
    bert = FileLock(tmp_path, CLOCK, "bert")
    assert await bert.holder("web") is None
    async with bert.hold("blue") as hold:
        await hold.add(POOL)
    async with bert.hold("web"):
        assert json.loads((locks / "web.json").read_text())["user"] == "bert"


async def test_a_live_holder_of_a_former_version(tmp_path: Path) -> None:
    """S10 across versions: a live process that wrote its keys as pairs still holds them, and
    nothing else."""
    anna, bert = FileLock(tmp_path, CLOCK, "anna"), FileLock(tmp_path, CLOCK, "bert")
    record = tmp_path / "locks" / "web.json"
    async with anna.hold("web"):
        raw = json.loads(record.read_text()) | {"keys": [["web", "127.0.0.1:8081"]]}
        record.write_text(json.dumps(raw))
        held = r"^the pool \(web/127\.0\.0\.1:8081\) is held by rollout 'web', pid "
        async with bert.hold("blue") as hold:
            with pytest.raises(PoolHeld, match=held):
                await hold.add([*POOL, "api/127.0.0.1:8081"])
            await hold.add(["api/127.0.0.1:8081"])
        refusal = await bert.refusal("blue", POOL)
        assert refusal is not None
        assert refusal.startswith("the pool (web/127.0.0.1:8081) is held by rollout 'web', pid ")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"pid": 1}', '{"rollout": 1, "pid": "x"}', "\xff" * 9, "[" * 100_000],
)
async def test_a_live_holder_with_an_unreadable_record_holds_everything(
    tmp_path: Path, text: str
) -> None:
    """Fail closed: what a live holder holds and nobody can read is never taken to be free."""
    anna, bert = FileLock(tmp_path, CLOCK, "anna"), FileLock(tmp_path, CLOCK, "bert")
    async with anna.hold("web"):
        (tmp_path / "locks" / "web.json").write_text(text, encoding="latin-1")
        async with bert.hold("blue") as hold:
            with pytest.raises(PoolHeld, match="may be held by rollout 'web'"):
                await hold.add(POOL)
        with pytest.raises(PoolHeld, match="record cannot be read"):
            await bert.hold("web").__aenter__()
        with pytest.raises(StateError, match="record cannot be read"):
            await bert.holder("web")


async def test_asking_for_the_holder_makes_nothing(tmp_path: Path) -> None:
    """`status` on a folder that is not there leaves it not there."""
    assert await FileLock(tmp_path / "state", CLOCK, "anna").holder("web") is None
    assert list(tmp_path.iterdir()) == []


def test_a_guard_that_stays_locked_is_told(tmp_path: Path) -> None:
    """A stopped process inside the critical section holds others up for a while, not for ever."""
    path = tmp_path / "guard"
    first, second = open_lock(path), open_lock(path)
    try:
        assert try_lock(first, path)
        with pytest.raises(StateError, match=r"locked for 0\.015 s; is it stopped"):
            wait_for_lock(second, path, tries=3)
    finally:
        os.close(first)
        os.close(second)


async def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """A lock file that leads elsewhere is refused: two names could end at one file."""
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "web.lock").symlink_to(tmp_path / "elsewhere")
    lock = FileLock(tmp_path, CLOCK, "anna")
    with pytest.raises(StateError, match=r"web\.lock"):
        await lock.hold("web").__aenter__()
    assert not (tmp_path / "elsewhere").exists()

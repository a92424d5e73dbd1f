"""Two locks as one."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from controller.errors import LeaseLost, PoolHeld, StateError, UsageFault
from controller.runner.both_locks import BothLocks
from tests.support.journal_contract import FixedClock
from tests.support.lock_contract import A1, LockContract, Locks
from tests.support.memory_journal import Holdings, MemoryHold, MemoryLock


def memory(who: str, holdings: Holdings) -> MemoryLock:
    return MemoryLock(FixedClock(), who, holdings)


class TestBothLocks(LockContract):
    @pytest.fixture
    def locks(self) -> Locks:
        first, second = Holdings(), Holdings()
        return lambda who: BothLocks(memory(who, first), memory(who, second))


@pytest.mark.parametrize("held", [0, 1])
async def test_either_one_refuses(held: int) -> None:
    """And neither is held afterwards."""
    both = Holdings(), Holdings()
    lock = BothLocks(*(memory("anna", each) for each in both))
    async with memory("bert", both[held]).hold("web"):
        with pytest.raises(PoolHeld, match="user bert"):
            await lock.hold("web").__aenter__()
        assert "user bert" in (await lock.refusal("web", [A1]) or "")
        holder = await lock.holder("web")
        assert holder is not None
        assert holder.by == "bert"
    async with lock.hold("web"):
        pass


@pytest.mark.parametrize("lost", [0, 1])
async def test_it_is_lost_when_either_one_is(lost: int) -> None:
    """By `check` and beside the run; the other one is given back."""
    both = Holdings(), Holdings()
    locks = [Watched(memory("anna", each)) for each in both]
    async with BothLocks(*locks).hold("web") as hold:
        waiting = asyncio.ensure_future(hold.lost())
        await asyncio.sleep(0)
        assert not waiting.done()
        locks[lost].held[0].lose("gone")
        with pytest.raises(LeaseLost, match="gone"):
            await waiting
        with pytest.raises(LeaseLost):
            await hold.check()
    assert [each.holders for each in both] == [{}, {}]


class Watched(MemoryLock):
    """Whose holds a test may lose."""

    def __init__(self, lock: MemoryLock) -> None:
        self._lock = lock
        self.held: list[MemoryHold] = []

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[MemoryHold]:
        async with self._lock.hold(name) as hold:
            self.held.append(hold)
            yield hold


async def test_a_look_at_the_second_that_fails_leaves_no_noise(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever it raises, who is refused by the first one is told that alone."""

    class Broken(Watched):
        async def glance(self, name: str) -> None:
            raise UsageFault("no such context")

    first = Holdings()
    lock = BothLocks(memory("anna", first), Broken(memory("anna", Holdings())))
    async with memory("bert", first).hold("web"):
        with pytest.raises(PoolHeld, match="user bert"):
            await lock.hold("web").__aenter__()
    gc.collect()
    assert caplog.messages == []


async def test_the_second_is_looked_at_when_the_first_is_waited_for() -> None:
    """A dead holder of both has to be waited for once; and a fault of that look is met in its turn:
    who is refused by the first one is told that."""
    looked = asyncio.Event()

    class Faulty(Watched):
        async def glance(self, name: str) -> None:
            looked.set()
            raise StateError("away")

    class Slow(Watched):
        @asynccontextmanager
        async def hold(self, name: str) -> AsyncIterator[MemoryHold]:
            await looked.wait()
            async with super().hold(name) as hold:
                yield hold

    first, second = Holdings(), Holdings()
    lock = BothLocks(Slow(memory("anna", first)), Faulty(memory("anna", second)))
    async with memory("bert", first).hold("web"):
        with pytest.raises(PoolHeld, match="user bert"):
            await lock.hold("web").__aenter__()
    async with lock.hold("web"):
        assert list(second.holders) == ["web"]

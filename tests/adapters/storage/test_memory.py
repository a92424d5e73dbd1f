"""The fakes in memory keep the contracts."""

import asyncio

import pytest

from controller.errors import LeaseLost
from tests.support.journal_contract import FixedClock, JournalContract, RequestsContract
from tests.support.lock_contract import A1, LockContract, Locks
from tests.support.memory_journal import Holdings, MemoryJournal, MemoryLock, MemoryStore


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> MemoryJournal:
        return MemoryJournal(FixedClock())


class TestMemoryRequests(RequestsContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(FixedClock())


class TestMemoryLock(LockContract):
    @pytest.fixture
    def locks(self) -> Locks:
        holdings = Holdings()
        return lambda who: MemoryLock(FixedClock(), who, holdings)


async def test_a_lost_hold_is_anothers() -> None:
    """The fake can be told to be lost: every question says so, another may hold the name and
    pool, and leaving the block takes nothing from that one."""
    holdings = Holdings()
    bert = MemoryLock(FixedClock(), "bert", holdings)
    async with MemoryLock(FixedClock(), "anna", holdings).hold("web") as anna:
        lost = asyncio.ensure_future(anna.lost())
        await asyncio.sleep(0)
        anna.lose("not renewed")
        with pytest.raises(LeaseLost, match=r"'web' was lost: not renewed; another run may hold"):
            await lost
        with pytest.raises(LeaseLost):
            await anna.check()
        with pytest.raises(LeaseLost):
            await anna.add([A1])
        theirs = bert.hold("web")
        await (await theirs.__aenter__()).add([A1])
    holder = await bert.holder("web")
    assert holder is not None
    assert holder.by == "bert"
    await theirs.__aexit__(None, None, None)
    assert await bert.holder("web") is None

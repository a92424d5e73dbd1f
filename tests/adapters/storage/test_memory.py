"""The fakes in memory keep the contracts."""

import pytest

from tests.support.journal_contract import FixedClock, JournalContract
from tests.support.lock_contract import LockContract, Locks
from tests.support.memory_journal import Holdings, MemoryJournal, MemoryLock


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> MemoryJournal:
        return MemoryJournal(FixedClock())


class TestMemoryLock(LockContract):
    @pytest.fixture
    def locks(self) -> Locks:
        holdings = Holdings()
        return lambda who: MemoryLock(FixedClock(), who, holdings)

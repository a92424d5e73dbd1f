"""Journal and requests in ConfigMaps, on objects in memory."""

from collections.abc import AsyncIterator

import pytest

from adapters.kubernetes.state.store import ClusterStore, open_cluster_state
from controller.ports import Journal
from tests.adapters.kubernetes.memory_objects import Cluster, MemoryObjects
from tests.support.journal_contract import FixedClock, JournalContract, RequestsContract


@pytest.fixture
async def store() -> AsyncIterator[ClusterStore]:
    store = open_cluster_state(MemoryObjects(Cluster()), "shop", FixedClock(), create=True)
    yield store
    await store.aclose()


class TestClusterJournal(JournalContract):
    @pytest.fixture
    def journal(self, store: ClusterStore) -> Journal:
        return store.journal


class TestClusterRequests(RequestsContract):
    pass

"""Journal, requests and locks over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.access import access_of
from adapters.kubernetes.api import Api
from adapters.kubernetes.state.lock import StateLock
from adapters.kubernetes.state.store import ClusterStore, open_cluster_state
from controller.core.pool import Instant
from controller.ports import Journal
from tests.support.journal_contract import WALL, JournalContract, RequestsContract
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.lock_contract import LockContract, Locks

NAMESPACE = "default"


class QuickClock:
    """Five times as fast as the system's, always at the same civil time."""

    def now(self) -> Instant:
        return timedelta(seconds=asyncio.get_running_loop().time() * 5)

    def wall(self) -> datetime:
        return WALL

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds() / 5)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with FakeCluster(kubelet=False) as cluster, AsyncExitStack() as stack:
        path = cluster.kubeconfig(tmp_path, token=cluster.token)
        api = Api(access_of(kubeconfig=str(path)), SystemClock())
        stack.push_async_callback(api.aclose)
        yield api


@pytest.fixture
async def store(api: Api) -> AsyncIterator[ClusterStore]:
    store = open_cluster_state(api, NAMESPACE, QuickClock(), create=True)
    yield store
    await store.aclose()


class TestJournal(JournalContract):
    @pytest.fixture
    def journal(self, store: ClusterStore) -> Journal:
        return store.journal


class TestRequests(RequestsContract):
    pass


class TestLock(LockContract):
    @pytest.fixture
    def locks(self, api: Api) -> Locks:
        return lambda who: StateLock(api, NAMESPACE, QuickClock(), who)

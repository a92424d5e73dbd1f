"""Journal, requests and locks over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
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
from controller.records import Verb
from tests.support.journal_contract import AT, WALL, JournalContract, RequestsContract, begin
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
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster(kubelet=False) as cluster:
        yield cluster


@pytest.fixture
async def api(cluster: FakeCluster, tmp_path: Path) -> AsyncIterator[Api]:
    path = cluster.kubeconfig(tmp_path, token=cluster.token)
    api = Api(access_of(kubeconfig=str(path)), SystemClock())
    yield api
    await api.aclose()


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


async def test_a_restart_of_the_server_loses_nothing(cluster: FakeCluster, api: Api) -> None:
    """Lock, journal and requests go on; records that were under way are there once."""
    store = open_cluster_state(api, NAMESPACE, QuickClock(), create=True)
    async with StateLock(api, NAMESPACE, QuickClock(), "anna").hold("web") as hold:
        await begin(store.journal)
        stream = store.requests.stream("r1", 0)
        coming = asyncio.ensure_future(anext(stream))
        await store.journal.append("r1", AT, "k", "1")
        await cluster.stop()
        writing = [
            asyncio.ensure_future(store.journal.append("r1", AT, "k", each)) for each in "23"
        ]
        await asyncio.sleep(1.1)
        checking = asyncio.ensure_future(hold.check())
        await asyncio.sleep(0.2)
        assert not checking.done()
        await cluster.start()
        await asyncio.gather(*writing, checking)
        asked = await store.requests.ask("r1", Verb.PAUSE, "", "bert")
        assert await coming == asked
        await stream.aclose()
    assert [one.body for one in await store.journal.records("r1", 1)] == ["1", "2", "3"]
    await store.aclose()

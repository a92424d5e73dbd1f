"""Journal, requests and locks over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.state.lock import StateLock
from adapters.kubernetes.state.store import ClusterStore, open_cluster_state
from controller.core.pool import Instant
from controller.ports import Journal, Lock
from controller.records import Verb
from tests.support.journal_contract import AT, WALL, JournalContract, RequestsContract, begin
from tests.support.kubernetes.any_cluster import KUBECONFIG, a_cluster
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.lock_contract import LockContract, Locks


class QuickClock:
    """Five times as fast as the system's, always at the same civil time."""

    def now(self) -> Instant:
        return timedelta(seconds=asyncio.get_running_loop().time() * 5)

    def wall(self) -> datetime:
        return WALL

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds() / 5)


@dataclass(frozen=True, slots=True)
class Place:
    api: Api
    namespace: str

    def store(self) -> ClusterStore:
        return open_cluster_state(self.api, self.namespace, QuickClock(), create=True)

    def lock(self, who: str) -> Lock:
        return StateLock(self.api, self.namespace, QuickClock(), who)


@asynccontextmanager
async def place_in(kubeconfig: Path, namespace: str) -> AsyncIterator[Place]:
    api = Api(access_of(kubeconfig=str(kubeconfig)), SystemClock())
    yield Place(api, namespace)
    await api.aclose()


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    """On a real API server a namespace of its own, which takes longer to make."""
    async with AsyncExitStack() as stack:
        if KUBECONFIG:
            real = await stack.enter_async_context(a_cluster(tmp_path, nodes=0))
            where = real.kubeconfig, real.namespace
        else:
            fake = await stack.enter_async_context(FakeCluster(kubelet=False))
            where = fake.kubeconfig(tmp_path), "default"
        yield await stack.enter_async_context(place_in(*where))


@pytest.fixture
async def store(place: Place) -> AsyncIterator[ClusterStore]:
    store = place.store()
    yield store
    await store.aclose()


@pytest.mark.cluster
class TestJournal(JournalContract):
    @pytest.fixture
    def journal(self, store: ClusterStore) -> Journal:
        return store.journal


@pytest.mark.cluster
class TestRequests(RequestsContract):
    pass


@pytest.mark.cluster
class TestLock(LockContract):
    @pytest.fixture
    def locks(self, place: Place) -> Locks:
        return place.lock


async def test_a_restart_of_the_server_loses_nothing(tmp_path: Path) -> None:
    """Lock, journal and requests go on; records that were under way are there once."""
    async with (
        FakeCluster(kubelet=False) as cluster,
        place_in(cluster.kubeconfig(tmp_path), "default") as place,
        place.lock("anna").hold("web") as hold,
    ):
        store = place.store()
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

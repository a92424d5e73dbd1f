"""What a Role has to grant for journal, lock and Events."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.paths import CONFIGMAPS, EVENTS, LEASES, SERVICES
from adapters.kubernetes.client.rights import Right
from adapters.kubernetes.events import EventNotifier
from adapters.kubernetes.lease import LeaseLock, lease_name
from adapters.kubernetes.role import Subject, roles
from adapters.kubernetes.state import open_cluster_state
from adapters.kubernetes.state.lock import StateLock, state_lease_name
from adapters.kubernetes.state.names import head_name, state_names
from controller.errors import StateError
from controller.records import Returned, Verb
from controller.runner.both_locks import BothLocks
from tests.adapters.kubernetes.states import BIG
from tests.adapters.kubernetes.test_events import NOTICE
from tests.support.journal_contract import AT, KEY1, begin, row, taken
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.lock_contract import A1

NAMESPACE = "default"
POOL = "statefulset/web"
BY_NAME = ("get", "patch", "create")
RIGHTS = [
    Right.to("list", CONFIGMAPS, NAMESPACE),
    Right.to("list", LEASES, NAMESPACE),
    Right.to("create", EVENTS, NAMESPACE),
    Right.to("get", SERVICES, NAMESPACE, "web"),
    *(Right.to(v, CONFIGMAPS, NAMESPACE, n) for n in state_names("web") for v in BY_NAME),
    Right.to("watch", CONFIGMAPS, NAMESPACE, head_name("web")),
    *(
        Right.to(verb, LEASES, NAMESPACE, lease)
        for lease in (state_lease_name("web"), lease_name(POOL))
        for verb in BY_NAME
    ),
]


async def test_names_are_enough(tmp_path: Path) -> None:
    """A Role by which nothing else could be written: a run journals, hears and locks with it."""
    clock = SystemClock()
    async with FakeCluster(kubelet=False, rbac=True) as cluster, AsyncExitStack() as stack:
        token = cluster.account(NAMESPACE, "poolroll")
        cluster.add(*(dict(one) for one in roles(RIGHTS, "web", Subject("poolroll", NAMESPACE))))
        api = Api(access_of(kubeconfig=str(cluster.kubeconfig(tmp_path, token=token))), clock)
        stack.push_async_callback(api.aclose)
        store = open_cluster_state(api, NAMESPACE, clock, create=True)
        stack.push_async_callback(store.aclose)
        lock = BothLocks(
            StateLock(api, NAMESPACE, clock, "anna"), LeaseLock(api, NAMESPACE, POOL, clock, "anna")
        )
        async with lock.hold("web") as hold:
            await hold.add([A1])
            await begin(store.journal)
            await store.journal.append("r1", AT, "k", "{}", taken=[taken("web1")])
            for each in "2345":
                await store.journal.append("r1", AT, "k", f"{each}{BIG}")
            back = [Returned("web1", [KEY1])]
            await store.journal.append("r1", AT, "k", "{}", returned=back)
            asked = await store.requests.ask("r1", Verb.PAUSE, "", "anna")
            stream = store.requests.stream("r1", 0)
            assert await anext(stream) == asked
            await stream.aclose()
            await hold.check()
            await store.journal.end("r1", "done", 0)
        assert await store.journal.taken() == []
        assert len(await store.journal.records("r1")) == 7
        notifier = EventNotifier(api, SERVICES, "web", NAMESPACE, clock)
        assert await notifier.deliver(NOTICE, "d") is None
        with pytest.raises(StateError, match='get configmaps "poolroll-blue-head"'):
            await begin(store.journal, row("b1", "blue"))

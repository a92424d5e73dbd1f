"""Puts the adapters of Kubernetes behind the ports. Only bootstrap imports this, and nothing of
Kubernetes is imported before it is needed: its libraries take a third of a second.

What is opened here is kept for the process, one client for each cluster, and closed by `close`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from adapters.clock import SystemClock
from controller.config import RolloutFile
from controller.core.pool.copies import replace
from controller.errors import Refused, UsageFault
from controller.legible import legible_line
from controller.pools.kubernetes import (
    ROTATION_LABEL,
    Cluster,
    ClusterState,
    NodePool,
    PodFacts,
    PodPool,
)
from controller.ports import Lock, MetricsSource, Notifier, Store

if TYPE_CHECKING:
    from adapters.kubernetes.client.api import Api
    from adapters.kubernetes.client.rights import Right
    from adapters.kubernetes.nodes.pool import NodesPool
    from adapters.kubernetes.pods.service import ServicePool

Pool = PodPool | NodePool

_clients: Final[dict[Cluster, Api]] = {}
_writers: Final[dict[Cluster, Api]] = {}
"""What writes to pools, as long as their lock is held."""
_listeners: Final[list[Callable[[str], None]]] = []
_closing: Final[list[Callable[[], Awaitable[None]]]] = []


async def close() -> None:
    """Close what was opened in this process; pools before the clients that they use."""
    while _closing:
        await _closing.pop()()
    _clients.clear()
    _writers.clear()


def client(cluster: Cluster) -> Api:
    """Raises UsageFault."""
    from adapters.kubernetes.client.access import access_of
    from adapters.kubernetes.client.api import Api

    if cluster not in _clients:
        access = access_of(cluster.context, cluster.kubeconfig, cluster.namespace)
        _clients[cluster] = Api(access, SystemClock())
        _closing.append(_clients[cluster].aclose)
    return _clients[cluster]


def _writer(cluster: Cluster) -> Api:
    return _writers.setdefault(cluster, client(cluster).apart())


def pool_of(pool: Pool) -> ServicePool | NodesPool:
    """Load balancer and tasks in one. Raises UsageFault."""
    from adapters.kubernetes.nodes.own import own_node, own_pod
    from adapters.kubernetes.nodes.pool import NodesPool
    from adapters.kubernetes.pods.service import ServicePool

    api = _writer(pool.cluster)
    made: ServicePool | NodesPool
    if isinstance(pool, PodPool):
        made = ServicePool(api, pool, SystemClock())
    else:
        own, pod = own_node(os.environ), own_pod(os.environ)
        made = NodesPool(api, pool, SystemClock(), own_node=own, own_pod=pod)
    _closing.append(made.aclose)
    return made


def evidence(pool: ServicePool | NodesPool) -> MetricsSource:
    """The pool itself as what gates ask."""
    from adapters.kubernetes.evidence import OwnEvidence

    return OwnEvidence(pool.instances[0], pool, SystemClock())


def warnings(cluster: Cluster) -> Sequence[str]:
    """What an operator should know of the way to it. Raises UsageFault."""
    return client(cluster).access.warnings


def pool_lock(pool: Pool, by: str) -> Lock:
    """Of the pool itself, for all who know the cluster, wherever their state is."""
    from adapters.kubernetes.lease import OF_NODES, LeaseLock
    from adapters.kubernetes.pool_lock import PoolLock

    api = client(pool.cluster)
    is_nodes = isinstance(pool, NodePool)
    namespace = OF_NODES if is_nodes else api.access.namespace

    def make(name: str) -> Lock:
        return LeaseLock(api, namespace, name, SystemClock(), by, tell=_tell, overlaps=is_nodes)

    return PoolLock(lambda: _name_of(api, pool), make, _writer(pool.cluster))


async def _name_of(api: Api, pool: Pool) -> str:
    from adapters.kubernetes.pods.discovery import workload_of

    if isinstance(pool, NodePool):
        return f"nodes/{pool.selector}"
    return await workload_of(api, api.access.namespace, pool)


def open_state(state: ClusterState, *, create: bool) -> Store:
    """Journal and requests in the cluster. Raises UsageFault, StateError."""
    from adapters.kubernetes.state import open_cluster_state

    namespace = state.cluster.namespace
    api = client(state.cluster)
    return open_cluster_state(api, namespace, SystemClock(), retain=state.retain, create=create)


async def has_state(state: ClusterState) -> bool:
    """Whether any rollout is known there. Raises UsageFault, StateError."""
    from adapters.kubernetes.state import has_state

    return await has_state(client(state.cluster), state.cluster.namespace)


def state_lock(state: ClusterState, by: str) -> Lock:
    """For all who share that state."""
    from adapters.kubernetes.state.lock import StateLock

    api = client(state.cluster)
    return StateLock(api, state.cluster.namespace, SystemClock(), by, tell=_tell)


def events(pool: Pool) -> Notifier:
    """Kubernetes Events on the workload; over Nodes, on the namespace."""
    from adapters.kubernetes.client.paths import NAMESPACES, SERVICES
    from adapters.kubernetes.events import EventNotifier

    api = client(pool.cluster)
    namespace = api.access.namespace
    if isinstance(pool, PodPool):
        service, clock = pool.service, SystemClock()
        find = partial(_name_of, api, pool)
        return EventNotifier(api, SERVICES, service, namespace, clock, workload=find)
    return EventNotifier(api, NAMESPACES, namespace, "", SystemClock())


def found_for_init(
    service: str = "", context: str = "", kubeconfig: str = "", namespace: str = ""
) -> Coroutine[None, None, PodFacts] | None:
    """What is behind a Service; None: nothing was asked for, and no cluster is at hand. Raises
    UsageFault; awaited, ApiError and Refused, too."""
    from adapters.kubernetes.client.faults import BadAccess
    from adapters.kubernetes.pods.discovery import found_behind

    cluster = Cluster(context, kubeconfig, namespace)
    try:
        api = client(cluster)
    except BadAccess:
        if service or cluster != Cluster():
            raise
        return None
    whole = replace(cluster, namespace=api.access.namespace)
    return found_behind(api, whole, service, ROTATION_LABEL)


async def roles(file: RolloutFile, state: ClusterState | None, kind: str, name: str) -> str:
    """The least Roles and their bindings for this rollout, as YAML. Raises UsageFault, ApiError,
    Refused."""
    from adapters.kubernetes.role import Subject, as_yaml
    from adapters.kubernetes.role import roles as made

    pool = file.settings.pool
    namespace, _, short = name.rpartition("/")
    if isinstance(pool, PodPool | NodePool):
        namespace = namespace or client(pool.cluster).access.namespace
    elif state is not None:
        namespace = namespace or state.cluster.namespace
    else:
        raise UsageFault("rbac: nothing of this rollout is in Kubernetes")
    subject = (
        Subject(short, namespace, kind) if kind == "ServiceAccount" else Subject(name, "", kind)
    )
    return as_yaml(made(await _rights(file, state), f"poolroll-{file.settings.name}", subject))


async def _rights(file: RolloutFile, state: ClusterState | None) -> Sequence[Right]:
    from adapters.kubernetes.rbac import rights_of, rights_of_notes, rights_of_state

    pool = file.settings.pool
    rights: list[Right] = []
    if isinstance(pool, PodPool | NodePool):
        rights += await rights_of(client(pool.cluster), pool, SystemClock())
    if state is not None:
        rights += rights_of_state(state.cluster.namespace, file.settings.name)
        if file.keeps_notes:
            rights += rights_of_notes(state.cluster.namespace, file.settings.name)
    return rights


async def unpermitted(file: RolloutFile, state: ClusterState | None) -> tuple[list[str], list[str]]:
    """Rights to the lock and the state that a run would lack, as reasons to refuse; and those to
    Events, as notes. Those to the pool itself are asked for when it is looked at. Raises
    UsageFault."""
    from adapters.kubernetes.client.faults import ApiError
    from adapters.kubernetes.rbac import unlocked, unwritable

    pool, refusals, notes = file.settings.pool, list[str](), list[str]()
    try:
        if isinstance(pool, PodPool | NodePool):
            api = client(pool.cluster)
            lock, events = await unlocked(api, pool, await _name_of(api, pool))
            refusals += map(str, lock)
            notes += (f"no Kubernetes Events: {one}" for one in events)
        if state is not None:
            api, namespace = client(state.cluster), state.cluster.namespace
            name, notes_too = file.settings.name, file.keeps_notes
            refusals += map(str, await unwritable(api, namespace, name, notes=notes_too))
    except (ApiError, Refused) as error:
        refusals.append(f"which rights are there is not known: {error}")
    return refusals, notes


def tell_to(listener: Callable[[str], None]) -> None:
    """Who takes lines about the way to a pool, instead of standard error."""
    _listeners[:] = [listener]


def _tell(line: str) -> None:
    """What is in it of others, like who holds a Lease, is made legible."""
    for listener in _listeners or [_print]:
        listener(legible_line(line))


def _print(line: str) -> None:
    with suppress(OSError):  # who reads it may have gone
        print(line, file=sys.stderr)

"""All that a rollout needs to be allowed, in the namespace of its pool and in that of its state."""

from collections.abc import Sequence
from typing import Final

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.paths import CONFIGMAPS, EVENTS, LEASES, Resource
from adapters.kubernetes.client.rights import Lacking, Right, lacking
from adapters.kubernetes.lease import OF_NODES, lease_name
from adapters.kubernetes.needed import needed
from adapters.kubernetes.nodes.rights import needed as needed_for_nodes
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.workloads.base import Workload
from adapters.kubernetes.state.lock import state_lease_name
from adapters.kubernetes.state.names import head_name, notes_name, state_names
from controller.pools.kubernetes import NodePool, PodPool, Rotation
from controller.ports import Clock

_SOME: Final = 2
"""Objects of the state that are asked about: a Role names all of them, or none."""
_BY_NAME: Final = ("get", "patch", "create")
"""Made by server-side apply: a Role can limit that to one name."""


async def rights_of(api: Api, pool: PodPool | NodePool, clock: Clock) -> Sequence[Right]:
    """Of the pool, its lock and its Events. Raises ApiError, BalancerError."""
    namespace = pool.cluster.namespace or api.access.namespace
    if isinstance(pool, NodePool):
        return rights_of_nodes(namespace, lease_name(f"nodes/{pool.selector}"), job=pool.job)
    ground = Ground(api, pool, clock)
    try:
        identity = await ground.live.identity()
        rotation = (await ground.turn()).kind
    finally:
        await ground.aclose()
    kind, lease = identity.kind, lease_name(identity.path)
    return rights_of_pods(namespace, pool.service, kind, identity.name, rotation, lease)


def rights_of_nodes(namespace: str, lease: str, *, job: bool) -> Sequence[Right]:
    """`namespace`: of Jobs; `lease`: the name of the pool's; `job`: whether the upgrade is one."""
    own = needed_for_nodes(namespace, job=job)
    return (*own, *_lock_of(OF_NODES, lease, overlaps=True), *_events(OF_NODES))


def rights_of_pods(
    namespace: str, service: str, kind: Workload, name: str, rotation: Rotation, lease: str
) -> Sequence[Right]:
    """`kind`, `name`: of the workload; `lease`: the name of the pool's."""
    own = needed(namespace, service, kind.resource, name, kind.history, rotation)
    return (*own, *_lock_of(namespace, lease), *_events(namespace))


def rights_of_state(namespace: str, rollout: str, most: int | None = None) -> Sequence[Right]:
    """Of journal, history and lock in the cluster; `most`: of so many of its objects alone."""
    names = state_names(rollout)[:most]
    return (
        Right.to("list", CONFIGMAPS, namespace),
        *_named(CONFIGMAPS, namespace, names, _BY_NAME),
        Right.to("watch", CONFIGMAPS, namespace, head_name(rollout)),
        Right.to("list", LEASES, namespace),
        *_named(LEASES, namespace, [state_lease_name(rollout)], _BY_NAME),
    )


def rights_of_notes(namespace: str, rollout: str) -> Sequence[Right]:
    """Of what outlives a rollout: snapshots, and what is prepared."""
    return _named(CONFIGMAPS, namespace, [notes_name(rollout)], _BY_NAME)


async def unlocked(
    api: Api, pool: PodPool | NodePool, name: str
) -> tuple[Sequence[Lacking], Sequence[Lacking]]:
    """What is lacking of the lock of the pool with that name, and what of its Events. Raises
    ApiError."""
    is_nodes = isinstance(pool, NodePool)
    namespace = OF_NODES if is_nodes else pool.cluster.namespace or api.access.namespace
    lock = _lock_of(namespace, lease_name(name), overlaps=is_nodes)
    return await lacking(api, lock), await lacking(api, _events(namespace))


async def unwritable(
    api: Api, namespace: str, rollout: str, *, notes: bool = False
) -> Sequence[Lacking]:
    """What is lacking of the rights to keep the state in the cluster. Raises ApiError."""
    more = rights_of_notes(namespace, rollout) if notes else ()
    return await lacking(api, (*rights_of_state(namespace, rollout, _SOME), *more))


def _lock_of(namespace: str, lease: str, *, overlaps: bool = False) -> Sequence[Right]:
    """`overlaps`: other pools may have members in common with that of the Lease."""
    others = [Right.to("list", LEASES, namespace)] if overlaps else []
    return (*_named(LEASES, namespace, [lease], _BY_NAME), *others)


def _events(namespace: str) -> Sequence[Right]:
    return (Right.to("create", EVENTS, namespace),)


def _named(
    resource: Resource, namespace: str, names: Sequence[str], verbs: Sequence[str]
) -> Sequence[Right]:
    return [Right.to(verb, resource, namespace, name) for name in names for verb in verbs]

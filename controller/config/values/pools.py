"""The section `pool` → where the pool is, for the adapter of its kind."""

from collections.abc import Mapping
from typing import Any

from controller.config.sections.kubernetes import Kubernetes
from controller.config.sections.kubernetes_names import EXPECTED
from controller.config.sections.rollout import Rollout
from controller.config.sections.upgrade import Upgrade
from controller.config.text import scalars
from controller.config.text.templating import fill
from controller.config.values.alone import alone_of
from controller.config.values.filling import named, variables
from controller.config.values.listed import is_alone
from controller.config.values.pair import pair_of
from controller.config.values.patches import filled_tree
from controller.config.values.scripted import hosts_of
from controller.pools.alone import AlonePool
from controller.pools.haproxy import HaproxyPool
from controller.pools.kubernetes import SETTLE, Cluster, ClusterState, NodePool, PodPool, Rotation
from controller.pools.pair import PairPool
from controller.pools.scripted import ScriptedPool

Pool = HaproxyPool | PodPool | NodePool | ScriptedPool | AlonePool | PairPool


def pool_of(rollout: Rollout, known: Mapping[str, str], folder: str) -> Pool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    hosts = rollout.pool.hosts
    if hosts is not None and hosts.promote is not None:
        return pair_of(rollout, hosts, known, folder)
    if hosts is not None and is_alone(hosts):
        return alone_of(rollout, hosts, known, folder)
    if hosts is not None:
        return hosts_of(rollout, hosts, known, folder)
    given = rollout.pool.kubernetes
    if given is not None:
        make = _nodes if given.nodes is not None else _pods
        return make(rollout, given, known)
    haproxy = rollout.pool.haproxy
    if haproxy is None:
        raise ValueError("a valid file names one kind of pool")
    return HaproxyPool(tuple(haproxy.apis), tuple(haproxy.backends))


def lost_after_of(rollout: Rollout) -> str:
    given = rollout.pool.kubernetes or rollout.pool.haproxy or rollout.pool.hosts
    if given is None:
        raise ValueError("a valid file names one kind of pool")
    return given.lost_after


def state_of(rollout: Rollout) -> ClusterState | None:
    """Where the file wants its journal, if not in a folder."""
    if rollout.state is None:
        return None
    given, pool = rollout.state.kubernetes, rollout.pool.kubernetes
    where = Cluster() if pool is None else _cluster(pool)
    return ClusterState(Cluster(where.context, where.kubeconfig, given.namespace), given.retain)


def _pods(rollout: Rollout, given: Kubernetes, known: Mapping[str, str]) -> PodPool:
    return PodPool(
        cluster=_cluster(given),
        service=given.service or "",
        workload=given.workload or "",
        rotation=Rotation(given.rotation),
        rotation_label=given.rotation_label,
        template=_filled(rollout.upgrade, known),
        former=_former(rollout, known),
        settle=scalars.duration(rollout.drain.settle) if rollout.drain.settle else SETTLE,
    )


def _former(rollout: Rollout, known: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What the way back is, where the file says it: its own patch, or its own variables."""
    back = rollout.rollback
    if back is None:
        return None
    overlaid = {**known, **named(variables(back.vars))}
    if back.template is not None:
        return _filled(back, overlaid)
    return _filled(rollout.upgrade, overlaid) if back.vars else None


def _nodes(rollout: Rollout, given: Kubernetes, known: Mapping[str, str]) -> NodePool:
    nodes = given.nodes
    if nodes is None:
        raise ValueError("these are pods")
    return NodePool(
        cluster=_cluster(given),
        selector=nodes.selector,
        exclude_from_load_balancers=nodes.exclude_from_load_balancers,
        unmanaged=nodes.unmanaged,
        emptydir=nodes.emptydir,
        expect=filled_expectations(rollout.upgrade, known),
        own_last=nodes.own_last,
        job=any(one.job is not None for one in (rollout.upgrade, rollout.rollback) if one),
        settle=scalars.duration(rollout.drain.settle) if rollout.drain.settle else SETTLE,
    )


def filled_expectations(section: Upgrade, known: Mapping[str, str]) -> dict[str, str]:
    """What the Node itself shows; the rest its host is asked for."""
    given = section.expect or {}
    return {
        key: fill(text, known)
        for key, text in given.items()
        if isinstance(text, str) and key in EXPECTED
    }


def _cluster(given: Kubernetes) -> Cluster:
    return Cluster(given.context or "", given.kubeconfig or "", given.namespace or "")


def _filled(section: Upgrade, known: Mapping[str, str]) -> dict[str, Any] | None:
    if section.template is None:
        return None
    return {
        key: filled_tree(value, lambda _, text: fill(text, known))
        for key, value in section.template.items()
    }

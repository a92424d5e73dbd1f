"""What Nodes, and what runs on them, mean for a rollout: found out before anything is touched."""

import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from adapters.kubernetes.budgets import covering, ident, is_ready, never_allows, two_budgets
from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.paths import BUDGETS
from adapters.kubernetes.client.rights import lacking
from adapters.kubernetes.nodes.cluster import Nodes
from adapters.kubernetes.nodes.leaving import (
    Allowed,
    comes_back,
    controller_of,
    is_of_daemonset,
    leaving,
    named,
    refusals,
)
from adapters.kubernetes.nodes.marks import BEFORE, CORDONED, EXCLUDE_LABEL
from adapters.kubernetes.nodes.rights import needed
from controller.core.plan.abilities import MEMBER, Abilities, ByHand
from controller.core.pool import InstanceView
from controller.pools.kubernetes import NodePool
from controller.records import Survey

PACE: Final = timedelta(milliseconds=500)


class Surveyor:
    def __init__(self, nodes: Nodes, pool: NodePool, own_node: str | None) -> None:
        self._nodes = nodes
        self._pool = pool
        self._own_node = own_node

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        """Raises ApiError."""
        access = self._nodes.api.access
        missing = await lacking(self._nodes.api, needed(access.namespace, job=self._pool.job))
        own, is_told = self._own_node, self._pool.own_last
        refused = (*map(str, missing), *own_refusals(own, selected, is_told=is_told))
        told = tuple(own_notes(own, selected, is_told=is_told))
        if not any(one.right.verb == "list" for one in missing):
            lines = [line for line in view.lines if line.member in selected and not line.is_out]
            found = {line.member: await self._nodes.pods_on(line.member) for line in lines}
            budgets = (await self._nodes.api.list(BUDGETS)).items
            refused += self._refusals(found, budgets)
            told += tuple(
                notes(self._pool, [pod for some in found.values() for pod in some], budgets)
            )
        return Survey(refused, told, abilities_of(self._pool), by_hand(self._pool, access))

    def _refusals(
        self, found: Mapping[str, Sequence[Json]], budgets: Sequence[Json]
    ) -> tuple[str, ...]:
        allowed = Allowed(self._pool.unmanaged, self._pool.emptydir)
        by_node = (line for node, pods in found.items() for line in refusals(node, pods, allowed))
        return (*by_node, *budget_refusals(map(leaving, found.values()), budgets))


def abilities_of(pool: NodePool) -> Abilities:
    return Abilities(
        unweighted={pool.selector: "has Nodes, which have no weights"},
        settle=pool.settle if pool.exclude_from_load_balancers else timedelta(0),
        counts=False,
        cuts=False,
        remembers=True,
        pace=PACE,
    )


def own_refusals(own: str | None, selected: Collection[str], *, is_told: bool) -> list[str]:
    """Nobody takes away the ground that it stands on unasked."""
    if own is None:
        return [
            "poolroll runs in a cluster and does not know on which Node: set POOLROLL_NODE from "
            "the downward API (spec.nodeName), or to 'none' where these are another cluster's Nodes"
        ]
    if own in selected and not is_told:
        return [
            f"poolroll itself runs on {own}: leave it out (members.exclude: [{own}]) and upgrade "
            "it from elsewhere, or let it be the last one (nodes.own_last: true)"
        ]
    return []


def budget_refusals(pods: Iterable[Sequence[Json]], budgets: Sequence[Json]) -> list[str]:
    found = [pod for some in pods for pod in some]
    lines = [why for pod in found if (why := two_budgets(pod, budgets))]
    stuck: dict[str, list[str]] = {}
    for pod in found:
        for budget in covering(pod, budgets):
            if why := never_allows(budget):
                stuck.setdefault(why, []).append(ident(pod))
    return lines + [f"{why}; it has {named(names)}" for why, names in stuck.items()]


def own_notes(own: str | None, selected: Collection[str], *, is_told: bool) -> list[str]:
    if not own or own not in selected or not is_told:
        return []
    return [
        f"poolroll itself runs on {own}, which is the last one: its pod is evicted, too, and has "
        "to be started again elsewhere (a Job does that) to go on"
    ]


def notes(pool: NodePool, found: Sequence[Json], budgets: Sequence[Json]) -> list[str]:
    """`found`: all pods on the Nodes that are selected."""
    said, pods = [], leaving(found)
    unready = [pod for pod in found if is_of_daemonset(pod) and not is_ready(pod)]
    if unready:
        said.append(
            "a Node is back only once its DaemonSet pods are Ready, and these are not now: "
            + named(sorted(map(ident, unready)))
        )
    if not pool.exclude_from_load_balancers:
        said.append(
            "load balancers outside of the cluster are not told to leave a cordoned Node out "
            "(nodes.exclude_from_load_balancers: true tells them)"
        )
    bare = Counter(_workload(pod) for pod in pods if not covering(pod, budgets))
    several = sorted(name for name, count in bare.items() if count > 1)
    if several:
        said.append(
            "NO PodDisruptionBudget protects these: all of their pods on one Node are evicted at "
            f"once: {named(several)}"
        )
    returning = sorted({_workload(pod) for pod in pods if comes_back(pod)})
    if returning:
        said.append(
            "these tolerate a cordoned Node, so an evicted pod may come back to it, which halts "
            f"the drain: {named(returning)}"
        )
    return said


def _workload(pod: Json) -> str:
    owner = controller_of(pod)
    if owner is None:
        return ident(pod)
    return f"{pod['metadata']['namespace']}/{owner['kind']} {owner['name']}"


def by_hand(pool: NodePool, access: Access) -> ByHand:
    kubectl = ["kubectl"]
    if access.kubeconfig:
        kubectl += ["--kubeconfig", access.kubeconfig]
    if access.context:
        kubectl += ["--context", access.context]
    start = shlex.join(kubectl)
    back = [f"{start} uncordon {MEMBER}"]
    if pool.exclude_from_load_balancers:
        back.append(f"{start} label node {MEMBER} {EXCLUDE_LABEL}-")
    back.append(f"{start} annotate node {MEMBER} {CORDONED}- {BEFORE}-")
    out = f"{start} drain {MEMBER} --ignore-daemonsets"
    out += " --force" * pool.unmanaged + " --delete-emptydir-data" * pool.emptydir
    return ByHand(" && ".join(back), out, where="")

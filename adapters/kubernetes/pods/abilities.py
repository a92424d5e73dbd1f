"""What a pool of pods can do, and what to type in its place."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from adapters.kubernetes.budgets import as_query, covering
from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.api import Json
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.live import Identity
from adapters.kubernetes.pods.rotation.base import Turn, by_hand
from adapters.kubernetes.pods.workloads.deployment import PLACE
from controller.core.plan.abilities import MEMBER, Abilities, ByHand
from controller.pools.kubernetes import PodPool, Rotation

PACE: Final = timedelta(milliseconds=500)


def abilities_of(
    pool: PodPool, turn: Turn, identity: Identity, picture: Picture, budgets: Iterable[Json]
) -> Abilities:
    return Abilities(
        unweighted={identity.service: "gives all its pods the same share"},
        settle=pool.settle,
        holds_out=turn.kind is not Rotation.DELETE,
        opens=True,
        joins=True,
        retires=identity.kind.retires,
        pace=PACE,
        counts=False,
        cuts=False,
        remembers=True,
        floor=floor_of(picture, budgets),
    )


def floor_of(picture: Picture, budgets: Iterable[Json]) -> int | None:
    """A budget is a floor that somebody else wrote: of its pods, which may be more than these, so
    many may be missing."""
    pods = picture.seen.pods
    floors = []
    for budget in budgets:
        ours = sum(1 for pod in pods if covering(pod, [budget]))
        status = budget.get("status") or {}
        spare = int(status.get("expectedPods") or 0) - int(status.get("desiredHealthy") or 0)
        if ours:
            floors.append(max(0, ours - max(0, spare)))
    return max(floors, default=None)


def commands(
    access: Access, namespace: str, turn: Turn, identity: Identity, picture: Picture
) -> ByHand:
    options = "".join(
        f" --{flag} {value}"
        for flag, value in (("kubeconfig", access.kubeconfig), ("context", access.context))
        if value
    )
    which = MEMBER
    if identity.kind.resource.kind == "DaemonSet":
        query = as_query(picture.seen.workload["spec"].get("selector") or {})
        which = f"--selector '{query}' --field-selector spec.nodeName={MEMBER}"
    if identity.kind.retires:
        which = f"--selector {PLACE}={MEMBER}"  # whatever was taken out has it
    base = f"kubectl{options} --namespace {namespace}"
    if turn.kind is Rotation.DELETE:
        waits = f"{base} wait --for=condition=Ready pods {which}"
        return ByHand(waits, f"{base} delete pods {which}", where="")
    return ByHand(
        by_hand(namespace, options, which, turn.back),
        by_hand(namespace, options, which, turn.out),
        where="",
    )

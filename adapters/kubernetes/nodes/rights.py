"""What a rollout over Nodes needs to be allowed. Pure."""

from adapters.kubernetes.client.paths import BUDGETS, JOBS, NODES, PODS
from adapters.kubernetes.client.rights import Right


def needed(namespace: str, *, job: bool = False) -> tuple[Right, ...]:
    """`namespace`: where Jobs are made. `job`: whether the upgrade is one."""
    rights = (
        Right.to("list", NODES),
        Right.to("watch", NODES),
        Right.to("patch", NODES),
        Right.to("list", PODS),
        Right.to("list", BUDGETS),
        Right.to("create", PODS, subresource="eviction"),
    )
    if not job:
        return rights
    return (*rights, Right.to("list", JOBS, namespace), Right.to("create", JOBS, namespace))

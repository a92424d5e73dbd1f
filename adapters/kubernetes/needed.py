"""What a rollout over the pods of a Service needs to be allowed. Pure."""

from adapters.kubernetes.client.paths import BUDGETS, PODS, SERVICES, SLICES, Resource
from adapters.kubernetes.client.rights import Right
from controller.pools.kubernetes import Rotation


def needed(
    namespace: str,
    service: str,
    resource: Resource,
    name: str,
    history: Resource,
    rotation: Rotation,
) -> tuple[Right, ...]:
    """`resource` and `name`: the workload; `history`: what keeps its revisions."""
    rights = [
        Right.to("list", PODS, namespace),
        Right.to("watch", PODS, namespace),
        Right.to("create", PODS, namespace, subresource="eviction"),
        Right.to("delete", PODS, namespace),  # one that never became Ready, and a budget keeps
        Right.to("list", SLICES, namespace),
        Right.to("watch", SLICES, namespace),
        Right.to("get", SERVICES, namespace, service),
        Right.to("get", resource, namespace, name),
        Right.to("patch", resource, namespace, name),
        Right.to("list", history, namespace),
        Right.to("list", BUDGETS, namespace),
    ]
    if rotation is not Rotation.DELETE:
        rights.append(Right.to("patch", PODS, namespace))
    if rotation is Rotation.SELECTOR:
        rights.append(Right.to("patch", SERVICES, namespace, service))
    return tuple(rights)

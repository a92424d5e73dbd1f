"""Whose the pods behind a Service are, where the rollout file does not say."""

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import NotFound
from adapters.kubernetes.client.paths import PODS, REPLICASETS
from adapters.kubernetes.pod import Owner, name_of, owner_of
from controller.errors import NoSuchBackend, Unsupported


async def owner_of_pods(api: Api, namespace: str, instance: str, service: Json) -> str:
    """The one workload of the pods that a Service selects, as in `statefulset/web`. Raises
    ApiError, NoSuchBackend, Unsupported."""
    name = name_of(service)
    selector = service["spec"].get("selector") or {}
    query = ",".join(f"{key}={value}" for key, value in selector.items())
    if not query:
        raise Unsupported(instance, _no_selector(name))
    listed = await api.list(PODS, namespace, labels=query)
    found = {owner_of(pod) for pod in listed.items}
    owners = {await _top(api, namespace, owner) for owner in found}
    paths = sorted({one.path for one in owners if one is not None})
    if not listed.items or not paths:
        raise NoSuchBackend(
            instance,
            f"Service {name} selects no pod of a workload; write "
            "pool.kubernetes.workload, or correct its selector",
        )
    if len(paths) > 1 or None in owners:
        names = ", ".join([*paths, *(["pods of no workload"] if None in owners else [])])
        raise Unsupported(
            instance,
            f"Service {name} selects the pods of {names}: poolroll steps "
            "through one workload; give that one a Service of its own",
        )
    return paths[0]


async def _top(api: Api, namespace: str, owner: Owner | None) -> Owner | None:
    """The workload, not the ReplicaSet between."""
    if owner is None or owner.kind != "ReplicaSet":
        return owner
    try:
        return owner_of(await api.get(REPLICASETS, owner.name, namespace))
    except NotFound:
        return owner


def _no_selector(service: str) -> str:
    return (
        f"Service {service} has no selector: its endpoints are somebody else's, and no pod can be "
        "taken out of it"
    )

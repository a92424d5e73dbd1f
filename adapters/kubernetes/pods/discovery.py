"""What is behind a Service, for `init` and for the name of a pool: reads, and changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import NotFound
from adapters.kubernetes.client.paths import (
    BUDGETS,
    DAEMONSETS,
    DEPLOYMENTS,
    PODS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
    Resource,
)
from controller.errors import Refused, UsageFault
from controller.pools.kubernetes import Cluster, PodFacts, PodPool

Json = dict[str, Any]

_WORKLOADS: Final[Mapping[str, Resource]] = {
    "statefulset": STATEFULSETS,
    "daemonset": DAEMONSETS,
    "deployment": DEPLOYMENTS,
}
_GITOPS: Final = ("argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/")


async def workload_of(api: Api, namespace: str, pool: PodPool) -> str:
    """`statefulset/web`, found through the owners of the pods where the file does not say it.
    Raises ApiError, Refused."""
    if pool.workload:
        return pool.workload
    service = await api.get(SERVICES, pool.service, namespace)
    owners = await _owners(api, namespace, await _pods(api, namespace, service))
    if len(owners) == 1:
        return owners[0]
    why = f"has pods of {' and '.join(owners)}" if owners else "has no pods of a workload"
    raise Refused(f"Service {namespace}/{pool.service} {why}; write pool.kubernetes.workload")


async def found_behind(api: Api, cluster: Cluster, service: str, label: str) -> PodFacts:
    """`service` empty: the one with the most pods. Raises ApiError, UsageFault, Refused."""
    namespace = cluster.namespace
    listed = (await api.list(SERVICES, namespace)).items
    named = {str(one["metadata"]["name"]): one for one in listed if _selector(one)}
    behind = {name: await _pods(api, namespace, one) for name, one in named.items()}
    there = sorted((name for name in behind if behind[name]), key=lambda name: -len(behind[name]))
    known = ", ".join(there) or "none"
    if service and service not in named:
        raise UsageFault(
            f"init --service {service}: there is no Service of that name with a selector in "
            f"namespace {namespace}; with pods: {known}; --namespace names another one"
        )
    if not service and not there:
        raise Refused(
            f"no Service in namespace {namespace} has pods: name another namespace with "
            "--namespace, or a Service with --service"
        )
    chosen = service or there[0]
    pods = behind[chosen]
    owners = await _owners(api, namespace, pods)
    workload = owners[0] if len(owners) == 1 else ""
    template = await _template(api, namespace, workload)
    containers = (template.get("spec") or {}).get("containers") or ()
    return PodFacts(
        cluster=cluster,
        where=api.where,
        service=chosen,
        workload=workload,
        containers=tuple((str(c.get("name")), str(c.get("image"))) for c in containers),
        pods=tuple((str(pod["metadata"]["name"]), _is_ready(pod)) for pod in pods),
        port=_port(named[chosen], containers),
        is_checked=any(one.get("readinessProbe") for one in containers),
        is_prepared=label in _selector(named[chosen]),
        budgets=await _budgets(api, namespace, pods),
        manager=_manager(named[chosen]),
        others=tuple(name for name in there if name != chosen),
    )


async def _pods(api: Api, namespace: str, service: Json) -> list[Json]:
    labels = ",".join(f"{key}={value}" for key, value in _selector(service).items())
    found = (await api.list(PODS, namespace, labels=labels)).items if labels else []
    return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]


async def _owners(api: Api, namespace: str, pods: list[Json]) -> list[str]:
    """Of all these pods, each once."""
    found: dict[str, None] = {}
    sets: dict[str, str] = {}
    for pod in pods:
        kind, name = _owner(pod)
        if kind == "replicaset":
            if name not in sets:
                sets[name] = await _deployment(api, namespace, name)
            found[sets[name]] = None
        elif kind in _WORKLOADS:
            found[f"{kind}/{name}"] = None
        else:
            found[f"{kind}/{name}" if kind else "nothing"] = None
    return list(found)


async def _deployment(api: Api, namespace: str, name: str) -> str:
    try:
        kind, owner = _owner(await api.get(REPLICASETS, name, namespace))
    except NotFound:
        kind, owner = "", ""
    return f"{kind}/{owner}" if kind else f"replicaset/{name}"


async def _template(api: Api, namespace: str, workload: str) -> Json:
    kind, _, name = workload.partition("/")
    if kind not in _WORKLOADS:
        return {}
    found = await api.get(_WORKLOADS[kind], name, namespace)
    template: Json = found["spec"].get("template") or {}
    return template


async def _budgets(api: Api, namespace: str, pods: list[Json]) -> tuple[str, ...]:
    found = (await api.list(BUDGETS, namespace)).items
    return tuple(
        str(one["metadata"]["name"])
        for one in found
        if any(_matches(one["spec"].get("selector"), pod) for pod in pods)
    )


def _matches(selector: Json | None, pod: Json) -> bool:
    """By plain labels; expressions are the plan's business."""
    if selector is None:
        return False
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    labels = pod["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def _selector(service: Json) -> Mapping[str, str]:
    return service["spec"].get("selector") or {}


def _owner(found: Json) -> tuple[str, str]:
    for one in found["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            return str(one["kind"]).lower(), str(one["name"])
    return "", ""


def _is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)


def _port(service: Json, containers: Sequence[Json]) -> int:
    """Where the first port of the Service leads."""
    ports = service["spec"].get("ports") or ()
    target = ports[0].get("targetPort", ports[0].get("port")) if ports else 0
    if isinstance(target, int):
        return target
    named = (port for one in containers for port in one.get("ports") or ())
    return next((int(p["containerPort"]) for p in named if p.get("name") == target), 0)


def _manager(service: Json) -> str:
    meta = service["metadata"]
    marks = [*(meta.get("labels") or {}), *(meta.get("annotations") or {})]
    for prefix in _GITOPS:
        if any(mark.startswith(prefix) for mark in marks):
            return "Argo CD" if prefix.startswith("argocd") else "Flux"
    return ""

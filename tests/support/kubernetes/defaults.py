"""What the API server fills in where a manifest leaves it out."""

from typing import Any

from tests.support.kubernetes.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    NAMESPACES,
    PODS,
    REPLICASETS,
    SERVICES,
    SLICES,
    STATEFULSETS,
    Json,
    Kind,
)

_POD: Json = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER: Json = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}
_PROBE: Json = {
    "timeoutSeconds": 1,
    "periodSeconds": 10,
    "successThreshold": 1,
    "failureThreshold": 3,
}


def set_defaults(kind: Kind, obj: Json) -> None:
    """In place; also after a patch that took a field away."""
    spec: Json = obj.get("spec") or {}
    if kind is PODS:
        obj["spec"] = spec
        _pod(spec)
        for name, value in (("serviceAccountName", "default"), ("enableServiceLinks", True)):
            spec.setdefault(name, value)
        obj.setdefault("status", {}).setdefault("phase", "Pending")
        obj["status"].setdefault("qosClass", "BestEffort")
    elif kind in (STATEFULSETS, DAEMONSETS, DEPLOYMENTS, REPLICASETS, JOBS):
        obj["spec"] = spec
        template = spec.setdefault("template", {})
        template.setdefault("metadata", {})
        _pod(template.setdefault("spec", {}))
        _workload(kind, spec)
        obj.setdefault("status", {})
    elif kind is SERVICES:
        obj["spec"] = spec
        _service(spec)
        obj.setdefault("status", {"loadBalancer": {}})
    elif kind is NAMESPACES:
        obj.setdefault("spec", {"finalizers": ["kubernetes"]})
        obj.setdefault("status", {}).setdefault("phase", "Active")
        obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"][
            "name"
        ]
    elif kind is SLICES:
        for port in obj.get("ports") or ():
            port.setdefault("protocol", "TCP")


def tolerations_of(spec: Json) -> None:
    """Of a new pod: what the admission plugin adds."""
    found: list[Json] = spec.setdefault("tolerations", [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(one.get("key") in (key, None) for one in found):
            found.append(
                {
                    "key": key,
                    "operator": "Exists",
                    "effect": "NoExecute",
                    "tolerationSeconds": 300,
                }
            )


def _fill(at: Json, values: Json) -> None:
    for key, value in values.items():
        if at.get(key) is None:
            at[key] = dict(value) if isinstance(value, dict) else value


def _pod(spec: Json) -> None:
    _fill(spec, _POD)
    for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
        _fill(container, _CONTAINER)
        for port in container.get("ports") or ():
            port.setdefault("protocol", "TCP")
        for name in ("readinessProbe", "livenessProbe", "startupProbe"):
            if (probe := container.get(name)) is not None:
                _fill(probe, _PROBE)
                if (http := probe.get("httpGet")) is not None:
                    _fill(http, {"path": "/", "scheme": "HTTP"})


def _workload(kind: Kind, spec: Json) -> None:
    if kind is not DAEMONSETS and kind is not JOBS:
        _fill(spec, {"replicas": 1})
    if kind is STATEFULSETS:
        _fill(spec, {"podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10})
        _strategy(spec, "updateStrategy", {"partition": 0, "maxUnavailable": 1})
    elif kind is DAEMONSETS:
        _fill(spec, {"revisionHistoryLimit": 10})
        _strategy(spec, "updateStrategy", {"maxSurge": 0, "maxUnavailable": 1})
    elif kind is DEPLOYMENTS:
        _fill(spec, {"revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
        _strategy(spec, "strategy", {"maxSurge": "25%", "maxUnavailable": "25%"})
    elif kind is JOBS:
        suspended: Json = {"suspend": False, "completionMode": "NonIndexed"}
        limits: Json = {"parallelism": 1, "completions": 1, "backoffLimit": 6}
        _fill(spec, suspended | limits | {"podReplacementPolicy": "TerminatingOrFailed"})


def _strategy(spec: Json, field: str, rolling: Json) -> None:
    strategy: dict[str, Any] = spec.get(field) or {}
    spec[field] = strategy
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = strategy.get("rollingUpdate") or {}
        _fill(strategy["rollingUpdate"], rolling)


def _service(spec: Json) -> None:
    _fill(spec, {"type": "ClusterIP", "sessionAffinity": "None"})
    if spec["type"] != "ExternalName":
        _fill(spec, {"internalTrafficPolicy": "Cluster", "ipFamilyPolicy": "SingleStack"})
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("clusterIP", "10.96.0.10")
        spec.setdefault("clusterIPs", [spec["clusterIP"]])
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])


def select_its_pods(job: Json) -> None:
    """A Job's selector is made by the API server."""
    labels = {
        "batch.kubernetes.io/controller-uid": job["metadata"]["uid"],
        "batch.kubernetes.io/job-name": job["metadata"]["name"],
        "job-name": job["metadata"]["name"],
        "controller-uid": job["metadata"]["uid"],
    }
    meta = job["spec"]["template"]["metadata"]
    meta["labels"] = (meta.get("labels") or {}) | labels
    job["spec"]["selector"] = {
        "matchLabels": {"batch.kubernetes.io/controller-uid": job["metadata"]["uid"]}
    }

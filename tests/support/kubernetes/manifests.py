"""Manifests of what most tests need: a pool of pods behind a Service, budgets, Nodes, rights."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.support.kubernetes.kinds import Json

ROTATION: Final = "poolroll.dev/rotation"
HUGE: Final = 2_147_483_647


def namespace(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def node(name: str, *, labels: Mapping[str, str] | None = None, boot_id: str = "boot-1") -> Json:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
        "spec": {},
        "status": {
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "nodeInfo": {
                "bootID": boot_id,
                "kubeletVersion": "v1.36.0",
                "kernelVersion": "6.1.0",
                "osImage": "Debian GNU/Linux 12",
                "containerRuntimeVersion": "containerd://2.1.0",
                "architecture": "amd64",
                "operatingSystem": "linux",
                "machineID": "",
                "systemUUID": "",
                "kubeProxyVersion": "",
            },
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
        },
    }


def template(name: str, image: str, *, rotation: bool = True, port: int = 8080) -> Json:
    """A pod's; `rotation`: with the label that the Service asks for."""
    labels = {"app": name, **({ROTATION: "in"} if rotation else {})}
    container = {
        "name": name,
        "image": image,
        "ports": [{"name": "http", "containerPort": port}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
    }
    return {"metadata": {"labels": labels}, "spec": {"containers": [container]}}


def _workload(kind: str, name: str, image: str, rotation: bool, spec: Json) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": template(name, image, rotation=rotation),
            **spec,
        },
    }


def statefulset(
    name: str = "web",
    *,
    replicas: int = 3,
    image: str = "app:v1",
    rotation: bool = True,
    **spec: Any,
) -> Json:
    more = {"replicas": replicas, "serviceName": name, **spec}
    return _workload("StatefulSet", name, image, rotation, more)


def daemonset(
    name: str = "web", *, image: str = "app:v1", rotation: bool = True, **spec: Any
) -> Json:
    """OnDelete, where nothing else is said."""
    more = {"updateStrategy": {"type": "OnDelete"}, **spec}
    return _workload("DaemonSet", name, image, rotation, more)


def deployment(
    name: str = "web",
    *,
    replicas: int = 3,
    image: str = "app:v1",
    rotation: bool = True,
    **spec: Any,
) -> Json:
    return _workload("Deployment", name, image, rotation, {"replicas": replicas, **spec})


def service(name: str = "web", *, rotation: bool = True, **spec: Any) -> Json:
    selector = {"app": name, **({ROTATION: "in"} if rotation else {})}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "selector": selector,
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            **spec,
        },
    }


def budget(name: str = "web", **spec: Any) -> Json:
    """Like `budget(maxUnavailable=1)`."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, **spec},
    }


def configmap(name: str, data: Mapping[str, str] | None = None) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": dict(data or {}),
    }


def pod(name: str, *, image: str = "app:v1", labels: Mapping[str, str] | None = None) -> Json:
    """One that no controller owns."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": dict(labels or {})},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }


def rule(
    verbs: Sequence[str], group: str, resources: Sequence[str], names: Sequence[str] = ()
) -> Json:
    found = {"verbs": list(verbs), "apiGroups": [group], "resources": list(resources)}
    return found | ({"resourceNames": list(names)} if names else {})


def role(name: str, rules: Sequence[Json], *, account: str, is_cluster: bool = False) -> list[Json]:
    """A Role (or ClusterRole) and its binding to a service account of namespace `default`."""
    api, kind = "rbac.authorization.k8s.io/v1", "ClusterRole" if is_cluster else "Role"
    meta = {"name": name} | ({} if is_cluster else {"namespace": "default"})
    subject = {"kind": "ServiceAccount", "name": account, "namespace": "default"}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    return [
        {"apiVersion": api, "kind": kind, "metadata": dict(meta), "rules": list(rules)},
        {
            "apiVersion": api,
            "kind": f"{kind}Binding",
            "metadata": dict(meta),
            "subjects": [subject],
            "roleRef": ref,
        },
    ]

"""Objects to create in tests: a Service, a workload of small apps behind it, a budget."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
IMAGE = "registry/web:v1"
PORT = 8080
ROTATION = "poolroll.dev/rotation"
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Service": "/api/v1/namespaces/{}/services",
    "Pod": "/api/v1/namespaces/{}/pods",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
}


def path_of(kind: str, namespace: str, name: str = "") -> str:
    """`path_of("Pod", "shop", "web-0")`; without a name, of the collection."""
    found = PATHS[kind].format(namespace)
    return f"{found}/{name}" if name else found


def template(
    app: str = "web",
    image: str = IMAGE,
    *,
    env: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    probe: Json | bool | None = True,
    grace: int = 5,
    pre_stop: int = 0,
    selector: Mapping[str, str] | None = None,
    **spec: Any,
) -> Json:
    """A pod template. `probe`: True for `/readyz` each second, or one's own, or None;
    `selector`: of Nodes."""
    container: Json = {
        "name": app,
        "image": image,
        "ports": [{"containerPort": PORT}],
        "env": [{"name": name, "value": value} for name, value in (env or {}).items()],
    }
    if probe is True:
        asked = {"path": "/readyz", "port": PORT}
        container["readinessProbe"] = {"httpGet": asked, "periodSeconds": 1}
    elif probe:
        container["readinessProbe"] = probe
    if pre_stop:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop}}}
    return {
        "metadata": {"labels": {"app": app, **(labels or {})}},
        "spec": {
            "terminationGracePeriodSeconds": grace,
            "nodeSelector": dict(selector or {}),
            "containers": [container],
            **spec,
        },
    }


def _workload(kind: str, name: str, pod: Json, spec: Json) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": pod, **spec},
    }


def statefulset(
    pod: Json, replicas: int = 5, *, name: str = "web", on_delete: bool = False, **spec: Any
) -> Json:
    """Its pods are all made at once (Parallel), which spares tests seconds."""
    strategy = {"type": "OnDelete" if on_delete else "RollingUpdate"}
    defaults = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel",
        "updateStrategy": strategy,
    }
    return _workload("StatefulSet", name, pod, {**defaults, **spec})


def daemonset(pod: Json, *, name: str = "web", on_delete: bool = True) -> Json:
    strategy = {"type": "OnDelete" if on_delete else "RollingUpdate"}
    return _workload("DaemonSet", name, pod, {"updateStrategy": strategy})


def deployment(pod: Json, replicas: int = 5, *, name: str = "web", **spec: Any) -> Json:
    return _workload("Deployment", name, pod, {"replicas": replicas, **spec})


def service(name: str = "web", selector: Mapping[str, str] | None = None, port: int = 80) -> Json:
    wanted = dict(selector) if selector is not None else {"app": name}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "selector": wanted,
            "ports": [{"name": "http", "port": port, "targetPort": PORT}],
        },
    }


def budget(name: str = "web", app: str = "web", **spec: Any) -> Json:
    """`budget(maxUnavailable=1)`"""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
    }


def job(
    name: str, image: str, *, node: str, env: Mapping[str, str] | None = None, limit: int = 0
) -> Json:
    """A Job pinned to one Node, whatever its taints; its app ends by itself (`job:v1-exit100`)."""
    pod = template(name, image, env=env, probe=None, restartPolicy="Never")
    pod["spec"] |= {
        "nodeSelector": {"kubernetes.io/hostname": node},
        "tolerations": [{"operator": "Exists"}],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": limit, "template": pod},
    }

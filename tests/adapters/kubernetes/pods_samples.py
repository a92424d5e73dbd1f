"""Objects of a pool of pods as the API shows them, for tables of tests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.kubernetes.pod import HASH
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.slices import Endpoint, endpoints_of
from adapters.kubernetes.pods.workloads.base import Seen

Json = dict[str, Any]

UID = "workload-uid"
ROTATION = "poolroll.dev/rotation"
IN = {"app": "web", ROTATION: "in"}
V1, V2 = "web-v1", "web-v2"


def a_template(image: str = "app:v1", **labels: str) -> Json:
    return {
        "metadata": {"labels": {**IN, **labels}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def a_pod(
    name: str = "web-0",
    revision: str = V1,
    *,
    uid: str = "",
    ready: bool = True,
    labels: Mapping[str, str] | None = None,
    out: str = "",
    going: bool = False,
    address: str = "10.0.0.1",
    node: str = "node-1",
    phase: str = "Running",
    kind: str = "StatefulSet",
) -> Json:
    """In rotation and Ready, but for what is given. `out`: the annotation."""
    meta: Json = {
        "name": name,
        "namespace": "shop",
        "uid": uid or f"uid-{name}",
        "labels": {**IN, HASH: revision, **(labels or {})},
        "ownerReferences": [{"kind": kind, "name": "web", "uid": UID, "controller": True}],
    }
    if out:
        meta["annotations"] = {"poolroll.dev/out": out}
    if going:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {
        "metadata": meta,
        "spec": {
            "nodeName": node,
            "containers": [{"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}],
        },
        "status": {"phase": phase, "podIP": address, "conditions": conditions},
    }


OUT: Mapping[str, str] = {ROTATION: "out"}


def a_service(**changes: Any) -> Json:
    return {
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": dict(IN), "ports": [{"port": 80, "targetPort": "http"}], **changes},
    }


def a_statefulset(
    *,
    partition: int | None = 0,
    strategy: str = "RollingUpdate",
    replicas: int = 3,
    image: str = "app:v1",
    current: str = V1,
    update: str = V1,
    behind: bool = False,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Json:
    update_strategy: Json = {"type": strategy}
    if strategy == "RollingUpdate" and partition is not None:
        update_strategy["rollingUpdate"] = {"partition": partition}
    return {
        "kind": "StatefulSet",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": UID,
            "generation": 2,
            "resourceVersion": "7",
            "annotations": dict(annotations or {}),
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": a_template(image),
            "updateStrategy": update_strategy,
            **spec,
        },
        "status": {
            "observedGeneration": 1 if behind else 2,
            "currentRevision": current,
            "updateRevision": update,
            "updatedReplicas": 1,
        },
    }


def a_revision(name: str, number: int, image: str) -> Json:
    return {
        "metadata": {
            "name": name,
            "labels": {HASH: name},
            "ownerReferences": [{"kind": "X", "name": "web", "uid": UID, "controller": True}],
        },
        "revision": number,
        "data": {"spec": {"template": {**a_template(image), "$patch": "replace"}}},
    }


REVISIONS = (a_revision(V1, 1, "app:v1"), a_revision(V2, 2, "app:v2"))


def seen(workload: Json, *pods: Json, revisions: Sequence[Json] = REVISIONS) -> Seen:
    return Seen(workload, pods, tuple(revisions))


def a_slice(*pods: Json, **conditions: bool) -> Json:
    return {
        "endpoints": [
            {
                "targetRef": {"kind": "Pod", "uid": pod["metadata"]["uid"]},
                "conditions": conditions or {"ready": True},
            }
            for pod in pods
        ]
    }


def picture(
    workload: Json,
    *pods: Json,
    listed: Iterable[Json] = (),
    service: Json | None = None,
    kept_out: Iterable[str] = (),
) -> Picture:
    """`listed`: pods that the slices have as ready."""
    endpoints: Mapping[str, Endpoint] = endpoints_of([a_slice(*listed)])
    return Picture(service or a_service(), endpoints, seen(workload, *pods), frozenset(kept_out))

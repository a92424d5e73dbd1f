"""The sections `pool.kubernetes` and `state.kubernetes`: where in which cluster."""

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.config.sections.kinds import Count, Interval, Section, Text, one_of
from controller.config.text.places import shown
from controller.config.text.scalars import Wrong
from controller.pools.kubernetes import (
    RETAIN,
    ROTATION_LABEL,
    Measure,
    Rotation,
    is_label,
    is_label_key,
    workload_fault,
)

MEASURES = tuple(str(one) for one in Measure)
ROTATIONS = tuple(str(one) for one in Rotation)


def _named(value: object) -> str:
    if not isinstance(value, str) or not is_label(value):
        raise Wrong(
            f"{shown(value)} is not a name in Kubernetes; use lower-case letters, digits and '-', "
            "at most 63"
        )
    return value


def _workload(value: object) -> str:
    fault = workload_fault(value) if isinstance(value, str) else "write it like statefulset/web"
    if fault is not None:
        raise Wrong(f"{shown(value)} is not a workload; {fault}")
    return str(value)


def _label_key(value: object) -> str:
    if not isinstance(value, str) or not is_label_key(value):
        raise Wrong(f"{shown(value)} is not the key of a label; write it like {ROTATION_LABEL}")
    return value


Name = Annotated[
    str,
    BeforeValidator(_named),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}),
]
Workload = Annotated[
    str,
    BeforeValidator(_workload),
    WithJsonSchema({"type": "string", "pattern": "^(statefulset|daemonset|deployment)/.+$"}),
]
LabelKey = Annotated[str, BeforeValidator(_label_key), WithJsonSchema({"type": "string"})]


class Nodes(Section):
    selector: Text = Field(
        description="Which Nodes: a label selector, as `kubectl get nodes -l` takes it.",
        examples=['"role=web"'],
    )
    exclude_from_load_balancers: bool = Field(
        default=True,
        description="Label a Node while it is out, so that load balancers outside of the cluster "
        "leave it out too.",
    )
    unmanaged: bool = Field(
        default=False, description="Evict pods that no controller brings back, too."
    )
    emptydir: bool = Field(
        default=False, description="Evict pods with emptyDir volumes, too: their data is lost."
    )

    own_last: bool = Field(
        default=False,
        description="Upgrade the Node that poolroll runs on, too, as the last one; without it the "
        "plan is refused when that Node is selected.",
    )


class Kubernetes(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["service"]}, {"required": ["nodes"]}]}
    )

    context: Text | None = Field(
        default=None,
        description="Of the kubeconfig. Default: in the cluster that poolroll runs in, else the "
        "current context.",
    )
    kubeconfig: Text | None = Field(
        default=None, description="Its path. Default: as kubectl finds it."
    )
    namespace: Name | None = Field(default=None, description="Default: that of the context.")
    service: Name | None = Field(
        default=None, description="The Service whose pods are the members."
    )
    nodes: Nodes | None = Field(
        default=None, description="Instead of a Service: Nodes are the members."
    )
    workload: Workload | None = Field(
        default=None,
        description="What owns the pods: statefulset/NAME, daemonset/NAME or deployment/NAME. "
        "Default: found through the pods.",
    )
    rotation: Annotated[Literal["auto", "label", "selector", "delete"], one_of(*ROTATIONS)] = Field(
        default="auto",
        description="How a pod is taken out of the Service. label: a label that the Service "
        "selects already is flipped; selector: the Service's selector is narrowed meanwhile; "
        "delete: not before it is deleted; auto: the first of these that works here.",
    )
    rotation_label: LabelKey = Field(
        default=ROTATION_LABEL, description="The label that says whether a pod is in rotation."
    )
    lost_after: Interval = Field(
        default="2m", description="How long the API server may be unreachable before a halt."
    )


class KubernetesMeasure(Section):
    measure: Annotated[Literal["restarts", "unready", "oom"], one_of(*MEASURES)] = Field(
        description="restarts: containers that started again; unready: times that it was not "
        "Ready; oom: containers killed for want of memory. Since the member's return.",
        examples=["restarts"],
    )


class KubernetesState(Section):
    namespace: Name = Field(
        description="Where journal, history and locks are kept.", examples=["shop"]
    )
    retain: Count = Field(default=RETAIN, description="How many ended rollouts are kept.")


class State(Section):
    kubernetes: KubernetesState = Field(
        description="In ConfigMaps and Leases of the cluster, so that any workstation sees the "
        "rollout and another machine can go on with it.",
        examples=["{namespace: shop}"],
    )


def _is_json(value: object) -> bool:
    match value:
        case dict():
            return all(map(_is_json, value.values()))
        case list():
            return all(map(_is_json, value))
        case float():
            return isfinite(value)
    return True


def _tree(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise Wrong("is not a patch; write keys and values as in the pod template, from `spec` on")
    if not _is_json(value):
        raise Wrong("has a number that is not finite; put it in quotes")
    return value


Tree = Annotated[dict[str, Any], BeforeValidator(_tree), WithJsonSchema({"type": "object"})]
"""Keys and values of Kubernetes' own, which only its API server can check."""

EXPECTED = (
    "boot_id",
    "kubelet_version",
    "kernel_version",
    "os_image",
    "container_runtime_version",
)
"""What a Node can be expected to show: fields of its `status.nodeInfo`."""

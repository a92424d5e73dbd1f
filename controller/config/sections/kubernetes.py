"""The section `pool.kubernetes`: which members, in which cluster."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from controller.config.sections.kinds import Interval, Section, Text, one_of
from controller.config.sections.kubernetes_names import LabelKey, Name, Workload
from controller.pools.kubernetes import ROTATION_LABEL, Rotation

ROTATIONS = tuple(str(one) for one in Rotation)


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

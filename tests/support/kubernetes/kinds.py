"""The kinds of objects that the fake API server keeps, with the verbs and subresources of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """`group` is empty for the core group. `has_generation`: a write of the spec raises it."""

    group: str
    plural: str
    kind: str
    version: str = "v1"
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    has_generation: bool = False
    is_virtual: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As messages name it, like `statefulsets.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_and_group(self) -> str:
        """As messages about invalid objects name it, like `StatefulSet.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def singular(self) -> str:
        return self.kind.lower()


_S, _SS = ("status",), ("status", "scale")

PODS: Final = Kind("", "pods", "Pod", short=("po",), subresources=("status", "eviction", "binding"))
SERVICES: Final = Kind("", "services", "Service", short=("svc",), subresources=_S)
NODES: Final = Kind("", "nodes", "Node", namespaced=False, short=("no",), subresources=_S)
NAMESPACES: Final = Kind(
    "", "namespaces", "Namespace", namespaced=False, short=("ns",), subresources=_S
)
CONFIGMAPS: Final = Kind("", "configmaps", "ConfigMap", short=("cm",))
SECRETS: Final = Kind("", "secrets", "Secret")
EVENTS: Final = Kind("", "events", "Event", short=("ev",))
ACCOUNTS: Final = Kind(
    "", "serviceaccounts", "ServiceAccount", short=("sa",), subresources=("token",)
)
STATEFULSETS: Final = Kind(
    "apps", "statefulsets", "StatefulSet", short=("sts",), subresources=_SS, has_generation=True
)
DAEMONSETS: Final = Kind(
    "apps", "daemonsets", "DaemonSet", short=("ds",), subresources=_S, has_generation=True
)
DEPLOYMENTS: Final = Kind(
    "apps", "deployments", "Deployment", short=("deploy",), subresources=_SS, has_generation=True
)
REPLICASETS: Final = Kind(
    "apps", "replicasets", "ReplicaSet", short=("rs",), subresources=_SS, has_generation=True
)
REVISIONS: Final = Kind("apps", "controllerrevisions", "ControllerRevision")
BUDGETS: Final = Kind(
    "policy",
    "poddisruptionbudgets",
    "PodDisruptionBudget",
    short=("pdb",),
    subresources=_S,
    has_generation=True,
)
JOBS: Final = Kind("batch", "jobs", "Job", subresources=_S, has_generation=True)
CRONJOBS: Final = Kind(
    "batch", "cronjobs", "CronJob", short=("cj",), subresources=_S, has_generation=True
)
"""Kept, and nobody starts their Jobs."""
AUTOSCALERS: Final = Kind(
    "autoscaling",
    "horizontalpodautoscalers",
    "HorizontalPodAutoscaler",
    version="v2",
    short=("hpa",),
    subresources=_S,
)
"""Kept, and nobody acts on them."""
LEASES: Final = Kind("coordination.k8s.io", "leases", "Lease")
SLICES: Final = Kind("discovery.k8s.io", "endpointslices", "EndpointSlice", has_generation=True)
NEW_EVENTS: Final = Kind("events.k8s.io", "events", "Event", is_virtual=True)
ROLES: Final = Kind("rbac.authorization.k8s.io", "roles", "Role")
BINDINGS: Final = Kind("rbac.authorization.k8s.io", "rolebindings", "RoleBinding")
CLUSTER_ROLES: Final = Kind(
    "rbac.authorization.k8s.io", "clusterroles", "ClusterRole", namespaced=False
)
CLUSTER_BINDINGS: Final = Kind(
    "rbac.authorization.k8s.io", "clusterrolebindings", "ClusterRoleBinding", namespaced=False
)
ACCESS_REVIEWS: Final = Kind(
    "authorization.k8s.io",
    "selfsubjectaccessreviews",
    "SelfSubjectAccessReview",
    namespaced=False,
    is_virtual=True,
)

KINDS: Final = (
    PODS,
    SERVICES,
    NODES,
    NAMESPACES,
    CONFIGMAPS,
    SECRETS,
    EVENTS,
    ACCOUNTS,
    STATEFULSETS,
    DAEMONSETS,
    DEPLOYMENTS,
    REPLICASETS,
    REVISIONS,
    BUDGETS,
    JOBS,
    CRONJOBS,
    AUTOSCALERS,
    LEASES,
    SLICES,
    ROLES,
    BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_BINDINGS,
    ACCESS_REVIEWS,
)
BY_PATH: Final[Mapping[tuple[str, str, str], Kind]] = {
    (kind.group, kind.version, kind.plural): kind for kind in KINDS
}
BY_KIND: Final[Mapping[tuple[str, str], Kind]] = {
    (kind.api_version, kind.kind): kind for kind in KINDS
}


def kind_of(manifest: Json) -> Kind:
    """Raises KeyError for a kind that the fake does not keep."""
    return BY_KIND[manifest["apiVersion"], manifest["kind"]]

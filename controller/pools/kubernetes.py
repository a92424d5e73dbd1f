"""Pools in Kubernetes: pods behind a Service, or Nodes. Their settings, the grammar of names and of
state in the cluster, and the facts that `init` needs. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

ROTATION_LABEL: Final = "poolroll.dev/rotation"
"""The label of a pod that says whether it is in rotation, where the rollout file names none."""
WORKLOADS: Final = ("statefulset", "daemonset", "deployment")
"""What may own the pods of a pool, as `workload` spells it."""
SETTLE: Final = timedelta(seconds=5)
RETAIN: Final = 20

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


class Rotation(StrEnum):
    """How a pod is taken out of its Service without being deleted."""

    AUTO = "auto"
    """The first of the others that works here."""
    LABEL = "label"
    """A label that the Service selects already is flipped."""
    SELECTOR = "selector"
    """The Service's selector asks for one more label during the rollout; new pods lack it."""
    DELETE = "delete"
    """Not at all: the pod is deleted, and its own termination and readiness must do."""


class Measure(StrEnum):
    """Evidence from a pod itself, since it came back: at a gate with `kubernetes`."""

    RESTARTS = "restarts"
    """Containers that were started again."""
    UNREADY = "unready"
    """Times that it was not Ready."""
    OOM = "oom"
    """Containers that were killed for want of memory."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Which cluster, and where in it."""

    context: str = ""
    """Of the kubeconfig; empty: in-cluster where that is so, else the current one."""
    kubeconfig: str = ""
    """Its path; empty: by the rules of kubectl."""
    namespace: str = ""
    """Empty: that of the context, or the one that the process runs in."""


@dataclass(frozen=True, slots=True)
class PodPool:
    """The pods behind a Service."""

    cluster: Cluster
    service: str
    workload: str = ""
    """`statefulset/web`; empty: the owner of the pods."""
    rotation: Rotation = Rotation.AUTO
    rotation_label: str = ROTATION_LABEL
    template: Mapping[str, Any] | None = field(default=None, hash=False)
    """Strategic-merge patch of the pod template, filled; None: the workload's own is what the pods
    are to have, since somebody else has changed it."""
    former: Mapping[str, Any] | None = field(default=None, hash=False)
    """The same on the way back, where the rollout file says it; None: as found."""
    settle: timedelta = SETTLE
    """How long a pod that no slice lists any more may still get requests."""


@dataclass(frozen=True, slots=True)
class NodePool:
    """Nodes, by labels."""

    cluster: Cluster
    selector: str
    """A label selector, as `kubectl get nodes -l` takes it."""
    exclude_from_load_balancers: bool = True
    """Whether load balancers outside of the cluster are told to leave a Node out, too."""
    unmanaged: bool = False
    """Whether pods that nothing brings back may be evicted."""
    emptydir: bool = False
    """Whether pods that lose an emptyDir may be evicted."""
    expect: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What a Node must show after its upgrade: `boot_id: changed`, or a glob for a field of its
    `nodeInfo` like `kubelet_version`."""
    own_last: bool = False
    """Whether the Node that poolroll runs on may be upgraded, as the last one."""
    job: bool = False
    """Whether a Job upgrades a Node."""
    settle: timedelta = SETTLE
    """How long load balancers outside may take to leave a Node out."""


@dataclass(frozen=True, slots=True)
class ClusterState:
    """Journal, history and locks in a namespace of the cluster."""

    cluster: Cluster
    retain: int = RETAIN
    """How many ended rollouts are kept."""


def is_label(name: str) -> bool:
    """Whether it can name a Service or a namespace (RFC 1123 label)."""
    return _LABEL.fullmatch(name) is not None


def is_subdomain(name: str) -> bool:
    """Whether it can name a workload (RFC 1123 subdomain)."""
    return len(name) <= 253 and _SUBDOMAIN.fullmatch(name) is not None


def is_label_key(key: str) -> bool:
    """Whether it can be the key of a label, like `poolroll.dev/rotation`."""
    prefix, slash, name = key.rpartition("/")
    return (not slash or is_subdomain(prefix)) and _KEY.fullmatch(name) is not None


def workload_fault(workload: str) -> str | None:
    """What is wrong with `statefulset/web`; None: nothing."""
    kind, slash, name = workload.partition("/")
    if not slash or kind not in WORKLOADS:
        return "write statefulset/NAME, daemonset/NAME or deployment/NAME"
    if not is_subdomain(name):
        return f"{name!r} cannot name a workload; write lower-case letters, digits, '-' and '.'"
    return None


def parse_state(text: str) -> Cluster | None:
    """What `kubernetes:NAMESPACE` or `kubernetes:CONTEXT/NAMESPACE` means; None where it is the
    path of a folder. Raises ValueError with what is wrong."""
    scheme, colon, place = text.partition(":")
    if not colon or scheme != "kubernetes":
        return None
    context, _, namespace = place.rpartition("/")  # a context may hold any sign
    if not is_label(namespace):
        raise ValueError(f"{text!r} names no namespace; write kubernetes:NAMESPACE")
    return Cluster(context, namespace=namespace)


@dataclass(frozen=True, slots=True)
class PodFacts:
    """What `init` found of the pods behind a Service."""

    cluster: Cluster
    where: str
    """The cluster, for people."""
    service: str
    workload: str
    """Empty: nothing that poolroll can step through owns them."""
    containers: tuple[tuple[str, str], ...]
    """Name and image of each in the pod template."""
    pods: tuple[tuple[str, bool], ...]
    """Name, and whether it is Ready."""
    port: int
    """Where they serve; 0: the Service says it in no way that can be read here."""
    is_checked: bool
    """Whether a readiness probe says when a pod serves."""
    is_prepared: bool
    """Whether the Service selects the rotation label already."""
    budgets: tuple[str, ...]
    """PodDisruptionBudgets that match them."""
    manager: str = ""
    """The GitOps tool that keeps the Service, where one is known."""
    others: tuple[str, ...] = ()
    """Other Services of the namespace that have pods."""

"""Every controller that a cluster has."""

from typing import Final

from tests.support.kubernetes.controllers.base import Controller
from tests.support.kubernetes.controllers.budgets import Budgets
from tests.support.kubernetes.controllers.daemonsets import DaemonSets
from tests.support.kubernetes.controllers.deployments import Deployments
from tests.support.kubernetes.controllers.endpointslices import EndpointSlices
from tests.support.kubernetes.controllers.garbage import Garbage, Namespaces
from tests.support.kubernetes.controllers.jobs import Jobs
from tests.support.kubernetes.controllers.nodes import Nodes
from tests.support.kubernetes.controllers.replicasets import ReplicaSets
from tests.support.kubernetes.controllers.scheduler import Scheduler
from tests.support.kubernetes.controllers.statefulsets import StatefulSets

ALL: Final[tuple[type[Controller], ...]] = (
    EndpointSlices,
    StatefulSets,
    DaemonSets,
    Deployments,
    ReplicaSets,
    Budgets,
    Jobs,
    Nodes,
    Scheduler,
    Garbage,
    Namespaces,
)

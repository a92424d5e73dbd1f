"""Every controller that a cluster has."""

from typing import Final

from tests.support.kubernetes.controllers.base import Controller
from tests.support.kubernetes.controllers.endpointslices import EndpointSlices
from tests.support.kubernetes.controllers.garbage import Garbage, Namespaces
from tests.support.kubernetes.controllers.scheduler import Scheduler
from tests.support.kubernetes.controllers.statefulsets import StatefulSets

ALL: Final[tuple[type[Controller], ...]] = (
    EndpointSlices,
    StatefulSets,
    Scheduler,
    Garbage,
    Namespaces,
)

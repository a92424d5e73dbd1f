"""Every protocol between what decides and what does. Their values are in `controller.records`.

Implementations live in `adapters` (the real ones) and `tests.support` (working fakes). All errors
raised are of `controller.errors`; cancelling any coroutine here is safe.
"""

from controller.ports.clock import Clock
from controller.ports.evidence import MetricsSource
from controller.ports.hosts import Hosts
from controller.ports.load_balancer import LoadBalancer
from controller.ports.locks import Hold, Lock
from controller.ports.notices import AnsweringNotifier, Notifier
from controller.ports.storage import Journal, Requests, Store
from controller.ports.work import Commands, Tasks, Validator

__all__ = [
    "AnsweringNotifier",
    "Clock",
    "Commands",
    "Hold",
    "Hosts",
    "Journal",
    "LoadBalancer",
    "Lock",
    "MetricsSource",
    "Notifier",
    "Requests",
    "Store",
    "Tasks",
    "Validator",
]

"""What was seen of the load balancers.

They are not journalled: after a crash the next look says more than any record.
"""

from dataclasses import dataclass

from controller.core.pool import InstanceView, Instant


@dataclass(frozen=True, slots=True)
class Looked:
    view: InstanceView


@dataclass(frozen=True, slots=True)
class LookFailed:
    instance: str
    at: Instant
    why: str

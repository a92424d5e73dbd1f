"""How many pods of each version a Deployment that is held keeps, and which one goes first. Pure.

With `minReadySeconds` that no new pod reaches, its controller stands still when as many old pods
are gone as `maxUnavailable` says: that number is the partition, and one more lets one more go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.kubernetes.pod import annotations_of, is_over, is_ready, is_terminating

Json = dict[str, Any]

COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_PHASES: Final[Mapping[str, int]] = {"Pending": 0, "Unknown": 1}
_RUNNING: Final = 2


@dataclass(frozen=True, slots=True)
class Sizes:
    replicas: int
    """As the Deployment has it now: others may scale it meanwhile."""
    surge: int
    """1, or 0 where there is no pod to spare."""
    others: int
    """Pods that its ReplicaSets of other templates keep."""

    @property
    def held(self) -> int:
        """`maxUnavailable` under which nothing moves."""
        return max(0, self.replicas - self.others)

    @property
    def next(self) -> int:
        """`maxUnavailable` under which one of the others goes."""
        return max(0, self.replicas - self.others + 1)

    @property
    def new(self) -> int:
        """Pods of its template that it comes to have when it stands still."""
        return max(0, min(self.replicas, self.replicas + self.surge - self.others))


def is_active(pod: Json) -> bool:
    """Whether its ReplicaSet counts it."""
    return not is_terminating(pod) and not is_over(pod)


def goes_before(pods: Iterable[Json], pod: Json) -> Json | None:
    """The pod that its ReplicaSet would take in its stead, although that one costs less; None: it
    goes itself."""
    others = [one for one in pods if one is not pod and is_active(one)]
    first = min(others, key=_rank, default=None)
    return first if first is not None and _rank(first) < _rank(pod) else None


def _rank(pod: Json) -> tuple[bool, int, bool]:
    """The lower, the sooner it goes, whatever it costs: without a Node, not running, not Ready."""
    phase = _PHASES.get((pod.get("status") or {}).get("phase") or "Pending", _RUNNING)
    return bool((pod.get("spec") or {}).get("nodeName")), phase, is_ready(pod)


def cost_of(pod: Json) -> str | None:
    return annotations_of(pod).get(COST)

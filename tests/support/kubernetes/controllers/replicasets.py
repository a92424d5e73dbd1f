"""ReplicaSets: as many active pods as wanted, and who goes first when there are too many.

As measured: the victim is an unready pod before a ready one, then the one with the lowest
`pod-deletion-cost`; budgets are not asked; `minReadySeconds` is the ReplicaSet's own.
"""

from typing import Final

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.controllers.owned import claimed, make_pod
from tests.support.kubernetes.kinds import PODS, REPLICASETS, Json
from tests.support.kubernetes.objects import (
    annotations_of,
    condition,
    instant,
    is_active,
    is_available,
    is_ready,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    phase_of,
)

COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_PHASES: Final = {"Pending": 0, "Unknown": 1, "Running": 2}


class ReplicaSets(Workload):
    kind = REPLICASETS
    dependents = (PODS,)
    watches = (REPLICASETS, PODS)

    def reconcile(self, key: Key) -> float | None:
        owner = self.store.get(REPLICASETS, key[1], key[0])
        if owner is None or is_terminating(owner):
            return None
        active = [pod for pod in claimed(self.registry, owner) if is_active(pod)]
        missing = int(owner["spec"]["replicas"]) - len(active)
        template = owner["spec"]["template"]
        active += [make_pod(self.registry, owner, template) for _ in range(missing)]
        if missing < 0:
            victims = sorted(active, key=_rank)[:-missing]
            for pod in victims:
                self.registry.delete(PODS, name_of(pod), namespace_of(pod))
            active = [pod for pod in active if pod not in victims]
        return self._report(owner, active)

    def _report(self, owner: Json, active: list[Json]) -> float | None:
        delay, now = int(owner["spec"].get("minReadySeconds", 0)), self.time.now()
        wanted = labels_of(owner["spec"]["template"]).items()
        ready = [pod for pod in active if is_ready(pod)]
        available = [pod for pod in ready if is_available(pod, delay, now)]
        status: Json = {
            "replicas": len(active),
            "observedGeneration": owner["metadata"]["generation"],
        }
        counts = {
            "fullyLabeledReplicas": sum(1 for pod in active if wanted <= labels_of(pod).items()),
            "readyReplicas": len(ready),
            "availableReplicas": len(available),
        }
        self.status(owner, status | {key: count for key, count in counts.items() if count})
        if len(available) == len(ready):
            return None
        waits = [
            delay - (now - instant(one["lastTransitionTime"])).total_seconds()
            for pod in ready
            if pod not in available and (one := condition(pod, "Ready")) is not None
        ]
        return max(0.01, min(waits))


def _rank(pod: Json) -> tuple[bool, int, bool, int, float, int, float]:
    """Those that come first go first."""
    ready = condition(pod, "Ready")
    since = instant(ready["lastTransitionTime"]).timestamp() if ready else 0.0
    restarts = sum(int(one["restartCount"]) for one in pod["status"].get("containerStatuses") or ())
    return (
        bool(pod["spec"].get("nodeName")),
        _PHASES.get(phase_of(pod), 1),
        is_ready(pod),
        int(annotations_of(pod).get(COST, 0)),
        -since,
        -restarts,
        -instant(pod["metadata"]["creationTimestamp"]).timestamp(),
    )

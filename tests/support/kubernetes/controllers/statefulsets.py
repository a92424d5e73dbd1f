"""StatefulSets: RollingUpdate with a partition, OnDelete; OrderedReady and Parallel.

As measured: with partition 0 the top pod is terminating a few ms after the template is patched;
below the partition a deleted pod comes back at the *current* revision, under OnDelete always at
the update revision; `status.currentRevision` moves only when a RollingUpdate has reached every pod;
a broken pod stops the controller; a pod orphaned by its labels blocks its name.
"""

from datetime import datetime
from typing import Any

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.controllers.owned import claimed, make_pod
from tests.support.kubernetes.controllers.revisions import (
    current_revision,
    forget_old,
    revisions_of,
    template_of,
)
from tests.support.kubernetes.kinds import PODS, STATEFULSETS, Json
from tests.support.kubernetes.objects import (
    is_available,
    is_over,
    is_ready,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    phase_of,
)

HASH = "controller-revision-hash"


def _ordinal(owner: Json, pod: Json) -> int | None:
    base, _, number = name_of(pod).rpartition("-")
    return int(number) if base == name_of(owner) and number.isdigit() else None


def _is_healthy(pod: Json) -> bool:
    return phase_of(pod) == "Running" and is_ready(pod) and not is_terminating(pod)


class StatefulSets(Workload):
    kind = STATEFULSETS
    dependents = (PODS,)
    watches = (STATEFULSETS, PODS)

    def reconcile(self, key: Key) -> float | None:
        owner = self.store.get(STATEFULSETS, key[1], key[0])
        if owner is None or is_terminating(owner):
            return None
        return _Pass(self, owner).carry_out()


class _Pass:
    """One look at one StatefulSet."""

    def __init__(self, controller: StatefulSets, owner: Json) -> None:
        self._controller, self._owner = controller, owner
        self._registry = controller.registry
        self._spec: Json = owner["spec"]
        self._now: datetime = controller.time.now()
        self._update = current_revision(self._registry, owner)
        known = {name_of(one): one for one in revisions_of(self._registry, owner)}
        former = (owner.get("status") or {}).get("currentRevision", "")
        self._current = known.get(former, self._update)
        self._min_ready = int(self._spec.get("minReadySeconds", 0))
        pods = claimed(
            self._registry, owner, may_adopt=lambda pod: _ordinal(owner, pod) is not None
        )
        self._pods = {number: pod for pod in pods if (number := _ordinal(owner, pod)) is not None}

    @property
    def _start(self) -> int:
        return int((self._spec.get("ordinals") or {}).get("start", 0))

    @property
    def _wanted(self) -> range:
        return range(self._start, self._start + int(self._spec["replicas"]))

    @property
    def _is_ordered(self) -> bool:
        return bool(self._spec["podManagementPolicy"] == "OrderedReady")

    def carry_out(self) -> float | None:
        self._controller.status(self._owner, self._status())
        again: float | None = None
        try:
            if not self._fill() and not self._shrink():
                self._roll()
        finally:
            owner = self._controller.store.get(
                STATEFULSETS, name_of(self._owner), namespace_of(self._owner)
            )
            if owner is not None:
                self._controller.status(owner, self._status())
        if self._min_ready and any(
            is_ready(pod) and not self._is_available(pod) for pod in self._pods.values()
        ):
            again = 0.5
        used = {name_of(self._update), name_of(self._current)}
        used |= {labels_of(pod).get(HASH, "") for pod in self._pods.values()}
        forget_old(self._registry, self._owner, used)
        return again

    def _is_available(self, pod: Json) -> bool:
        return is_available(pod, self._min_ready, self._now)

    def _fill(self) -> bool:
        """Every ordinal a pod; True where one has to be waited for."""
        for ordinal in self._wanted:
            pod = self._pods.get(ordinal)
            if pod is not None and is_over(pod) and not is_terminating(pod):
                self._delete(pod)
                return True
            if pod is None:
                self._pods[ordinal] = self._make(ordinal)
                if self._is_ordered:
                    return True
            elif self._is_ordered and not (_is_healthy(pod) and self._is_available(pod)):
                return True
        return False

    def _shrink(self) -> bool:
        """One pod too many goes, from the highest; True where one has to be waited for."""
        wanted = self._wanted
        for ordinal in sorted((one for one in self._pods if one not in wanted), reverse=True):
            pod = self._pods[ordinal]
            if is_terminating(pod):
                if self._is_ordered:
                    return True
                continue
            self._delete(pod)
            if self._is_ordered:
                return True
        return False

    def _roll(self) -> None:
        strategy = self._spec["updateStrategy"]
        if strategy["type"] == "OnDelete":
            return
        partition = int((strategy.get("rollingUpdate") or {}).get("partition", 0))
        for ordinal in reversed(self._wanted):
            if ordinal < max(partition, self._start):
                return
            pod = self._pods.get(ordinal)
            if pod is None:
                return
            if self._revision(pod) != name_of(self._update) and not is_terminating(pod):
                self._delete(pod)
                return
            if not _is_healthy(pod) or not self._is_available(pod):
                return

    def _make(self, ordinal: int) -> Json:
        strategy = self._spec["updateStrategy"]
        rolling = strategy.get("rollingUpdate")
        partition = int((rolling or {}).get("partition", 0))
        is_current = strategy["type"] == "RollingUpdate" and ordinal < partition
        revision = self._current if is_current else self._update
        name = f"{name_of(self._owner)}-{ordinal}"
        labels = {
            HASH: name_of(revision),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        spec: Json = {"hostname": name}
        if self._spec.get("serviceName"):
            spec["subdomain"] = self._spec["serviceName"]
        return make_pod(
            self._registry, self._owner, template_of(revision), name=name, labels=labels, spec=spec
        )

    def _delete(self, pod: Json) -> None:
        gone = self._registry.delete(PODS, name_of(pod), namespace_of(pod))
        ordinal = _ordinal(self._owner, pod)
        if ordinal is not None:
            self._pods[ordinal] = gone

    def _revision(self, pod: Json) -> str:
        return labels_of(pod).get(HASH, "")

    def _status(self) -> Json:
        pods = list(self._pods.values())
        update, current = name_of(self._update), name_of(self._current)
        alive = [pod for pod in pods if not is_terminating(pod)]
        status: dict[str, Any] = {
            "observedGeneration": self._owner["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": sum(1 for pod in pods if phase_of(pod) == "Running" and is_ready(pod)),
            "availableReplicas": sum(
                1 for pod in pods if phase_of(pod) == "Running" and self._is_available(pod)
            ),
            "currentReplicas": sum(1 for pod in alive if self._revision(pod) == current),
            "updatedReplicas": sum(1 for pod in alive if self._revision(pod) == update),
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
        }
        is_done = status["updatedReplicas"] == status["replicas"] == self._spec["replicas"]
        if (
            self._spec["updateStrategy"]["type"] == "RollingUpdate"
            and is_done
            and status["readyReplicas"] == status["replicas"]
        ):
            self._current = self._update
            status["currentReplicas"] = status["updatedReplicas"]
            status["currentRevision"] = update
        kept = ("replicas", "availableReplicas", "collisionCount")  # the others only if not 0
        return {key: count for key, count in status.items() if count or key in kept}

"""StatefulSets: RollingUpdate under a partition that holds everything back, or OnDelete.

The template and the partition go in one patch: under a partition of 0 the controller deletes the
top pod 8 ms later, without drain or budget. A partition of `replicas` does not hold what is scaled
up meanwhile; the largest number does. Below the partition a pod comes back at the former revision,
so it is lowered to the pod's ordinal as soon as that pod is terminating: not before, since the
controller would delete the pod itself and ask no budget.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.kubernetes.client.paths import REVISIONS, STATEFULSETS, Resource
from adapters.kubernetes.pod import is_over, is_terminating, name_of, revision_of
from adapters.kubernetes.pods.patches import is_same
from adapters.kubernetes.pods.workloads.base import Json, Seen, before, is_owned, with_template
from controller.core.steps import Course

HELD: Final = 2147483647
"""A partition that no ordinal reaches."""
STRATEGY: Final = "updateStrategy"
_ON_DELETE: Final = {"spec": {STRATEGY: {"type": "OnDelete", "rollingUpdate": None}}}


class StatefulSet:
    """Implements `adapters.kubernetes.pods.workloads.base.Workload`."""

    resource: Resource = STATEFULSETS
    history: Resource = REVISIONS
    evicts = True
    retires = False

    def owns(self, workload: Json, pod: Json) -> bool:
        return is_owned(workload, pod)

    def refusals(self, seen: Seen, *, has_template: bool) -> Sequence[str]:
        name, strategy = name_of(seen.workload), _type(seen.workload)
        if strategy not in ("RollingUpdate", "OnDelete"):
            return [f"statefulset/{name}: update strategy {strategy} is not known to poolroll"]
        if strategy == "OnDelete":
            return []
        status = seen.workload.get("status") or {}
        is_rolling = status.get("currentRevision") != status.get("updateRevision")
        partition = _partition(seen.workload)
        if not has_template and not partition:
            return [
                f"statefulset/{name}: upgrade.template is left out, and its strategy is "
                "RollingUpdate without a partition: it rolls by itself; set "
                "updateStrategy.type to OnDelete, or give the template"
            ]
        if is_rolling and any(
            _ordinal(pod) >= partition and revision_of(pod) != status.get("updateRevision")
            for pod in seen.pods
        ):
            return [
                f"statefulset/{name} is in the middle of a rollout of its own "
                f"({status.get('updatedReplicas', 0)} of {seen.workload['spec'].get('replicas')} "
                "pods updated): wait until it has ended, or undo it"
            ]
        return []

    def notes(self, seen: Seen) -> Sequence[str]:
        return ()

    def in_order(self, seen: Seen) -> str:
        if _type(seen.workload) == "OnDelete":
            return ""
        meta = seen.workload["metadata"]
        namespace, name = meta["namespace"], meta["name"]
        return (
            f"statefulset/{name} has the strategy RollingUpdate, which goes from the highest "
            "ordinal down; make the highest ones the canaries and --only, or let its pods go in "
            f"any order: kubectl --namespace {namespace} patch statefulset {name} "
            f"--patch '{json.dumps(_ON_DELETE)}'"
        )

    def places(self, seen: Seen) -> Mapping[str, Json | None]:
        """From the highest ordinal down, as its controller goes."""
        spec, pods = seen.workload["spec"], {name_of(pod): pod for pod in seen.pods}
        start = int((spec.get("ordinals") or {}).get("start") or 0)
        count = int(spec.get("replicas", 1))
        name = name_of(seen.workload)
        names = [f"{name}-{number}" for number in range(start + count - 1, start - 1, -1)]
        return {one: pods.get(one) for one in names}

    def unseen(self, seen: Seen) -> int:
        return 0

    def unnoticed(self, seen: Seen) -> Sequence[Json]:
        return ()

    def place_of(self, pod: Json) -> str:
        return name_of(pod)

    def revision_of(self, seen: Seen, pod: Json) -> str:
        return revision_of(pod)

    def target(self, seen: Seen) -> str:
        if not seen.is_caught_up:
            return ""
        return str((seen.workload.get("status") or {}).get("updateRevision") or "")

    def revision_with(self, seen: Seen, template: Json) -> str:
        found = with_template(seen.revisions, template)
        return name_of(found) if found is not None else ""

    def former(self, seen: Seen) -> Json | None:
        return before(seen.revisions, seen.workload["spec"]["template"])

    def holding(self, seen: Seen, course: Course, template: Json) -> Mapping[str, Any]:
        """Under a partition, pods come back at the current revision: on the way back that is the
        one that is wanted, unless the controller has seen all pods at the new one. Then OnDelete
        holds them, and a pod that goes gets the revision of the template."""
        if _type(seen.workload) == "OnDelete":
            return {}
        if course is Course.ROLLBACK:
            current = (seen.workload.get("status") or {}).get("currentRevision")
            if current != self.revision_with(seen, template):
                return {STRATEGY: {"type": "OnDelete"}}
        return {STRATEGY: _partitioned(seen.workload, HELD)}

    def eases(self, seen: Seen) -> Mapping[str, Any]:
        return {}

    def advance(self, seen: Seen, place: str) -> Mapping[str, Any]:
        if _type(seen.workload) == "OnDelete":
            return {}
        status, ordinal = seen.workload.get("status") or {}, _number(place)
        if seen.is_caught_up and status.get("currentRevision") == status.get("updateRevision"):
            return {}  # it comes back as is wanted, under any partition
        if _partition(seen.workload) <= ordinal:
            return {}
        return {STRATEGY: _partitioned(seen.workload, ordinal)}

    def blocked(self, seen: Seen, place: str) -> str:
        if not self.advance(seen, place):
            return ""
        target, ordinal = self.target(seen), _number(place)
        former = [
            name_of(pod)
            for pod in seen.pods
            if _ordinal(pod) > ordinal and revision_of(pod) != target and not is_over(pod)
        ]
        if not former:
            return ""
        return (
            f"statefulset/{name_of(seen.workload)} has the strategy RollingUpdate, which goes from "
            f"the highest ordinal down: with {place} its controller would delete "
            f"{', '.join(sorted(former))} as well; go in that order, or use OnDelete"
        )

    def goes_first(self, seen: Seen, pod: Json) -> None:
        """An eviction takes the one that it names."""

    def leaving(self, pod: Json, place: str) -> Json:
        return {}

    def returning(self, pod: Json) -> Json:
        return {}

    def seated(self, place: str) -> Json:
        return {}

    def let_go(self, seen: Seen, fields: Mapping[str, Any]) -> str:
        strategy = seen.workload["spec"].get(STRATEGY)
        if is_same(fields.get(STRATEGY, strategy), strategy):
            return ""  # or it is not ours to put back
        if not seen.is_caught_up:
            return "its controller has not caught up yet"
        target = self.target(seen)
        partition = int(_rolling(fields[STRATEGY]).get("partition") or 0)
        old = [
            name_of(pod)
            for pod in seen.pods
            if revision_of(pod) != target and _ordinal(pod) >= partition
        ]
        if not old:
            return ""
        return f"{', '.join(sorted(old))} would be deleted by its controller, undrained"


def _type(workload: Json) -> str:
    return str((workload["spec"].get(STRATEGY) or {}).get("type") or "RollingUpdate")


def _rolling(strategy: Any) -> Mapping[str, Any]:
    return (strategy or {}).get("rollingUpdate") or {}


def _partition(workload: Json) -> int:
    return int(_rolling(workload["spec"].get(STRATEGY)).get("partition") or 0)


def _partitioned(workload: Json, partition: int) -> Json:
    rolling = {**_rolling(workload["spec"].get(STRATEGY)), "partition": partition}
    return {"type": "RollingUpdate", "rollingUpdate": rolling}


def _number(place: str) -> int:
    return int(place.rpartition("-")[2])


def _ordinal(pod: Json) -> int:
    return -1 if is_terminating(pod) else _number(name_of(pod))

"""DaemonSets with the strategy OnDelete. A place is a Node: its pod comes back under another name.

The next pod is made when the last one has ended, up to 16 ms before that one's object is gone: a
place is found by Node, and who sits there by UID. There is no revision in the status: the newest
ControllerRevision is the one in force.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.kubernetes.client.paths import DAEMONSETS, REVISIONS, Resource
from adapters.kubernetes.pod import (
    HASH,
    is_over,
    is_terminating,
    labels_of,
    node_of,
    revision_of,
)
from adapters.kubernetes.pods.workloads.base import (
    Json,
    Seen,
    before,
    is_owned,
    newest_first,
    with_template,
)
from controller.core.steps import Course

_ON_DELETE = {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}


class DaemonSet:
    """Implements `adapters.kubernetes.pods.workloads.base.Workload`."""

    resource: Resource = DAEMONSETS
    history: Resource = REVISIONS
    evicts = True
    retires = False

    def owns(self, workload: Json, pod: Json) -> bool:
        return is_owned(workload, pod)

    def refusals(self, seen: Seen, *, has_template: bool) -> Sequence[str]:
        meta = seen.workload["metadata"]
        strategy = (seen.workload["spec"].get("updateStrategy") or {}).get("type")
        if strategy == "OnDelete":
            return []
        return [
            f"daemonset/{meta['name']} has the strategy {strategy or 'RollingUpdate'}: it would "
            "replace its pods by itself, without drain or budget; this changes nothing else: "
            f"kubectl --namespace {meta['namespace']} patch daemonset {meta['name']} "
            f"--patch '{json.dumps(_ON_DELETE)}'"
        ]

    def notes(self, seen: Seen) -> Sequence[str]:
        return ()

    def in_order(self, seen: Seen) -> str:
        return ""

    def places(self, seen: Seen) -> Mapping[str, Json | None]:
        """By Node. Of two pods on one, the one that stays."""
        found: dict[str, Json | None] = {}
        for pod in sorted(seen.pods, key=_rank):
            if node := _destined(pod):
                found[node] = pod
        return dict(sorted(found.items()))

    def unseen(self, seen: Seen) -> int:
        """A Node whose pod has gone and whose next one is not made yet."""
        desired = (seen.workload.get("status") or {}).get("desiredNumberScheduled") or 0
        return max(0, int(desired) - len(self.places(seen)))

    def unnoticed(self, seen: Seen) -> Sequence[Json]:
        return ()

    def place_of(self, pod: Json) -> str:
        return _destined(pod)

    def revision_of(self, seen: Seen, pod: Json) -> str:
        return revision_of(pod)

    def target(self, seen: Seen) -> str:
        if not seen.is_caught_up or not seen.revisions:
            return ""
        return labels_of(newest_first(seen.revisions)[0]).get(HASH, "")

    def revision_with(self, seen: Seen, template: Json) -> str:
        found = with_template(seen.revisions, template)
        return labels_of(found).get(HASH, "") if found is not None else ""

    def former(self, seen: Seen) -> Json | None:
        return before(seen.revisions, seen.workload["spec"]["template"])

    def holding(self, seen: Seen, course: Course, template: Json) -> Mapping[str, Any]:
        return {}

    def eases(self, seen: Seen) -> Mapping[str, Any]:
        return {}

    def advance(self, seen: Seen, place: str) -> Mapping[str, Any]:
        return {}

    def blocked(self, seen: Seen, place: str) -> str:
        return ""

    def goes_first(self, seen: Seen, pod: Json) -> None:
        """An eviction takes the one that it names."""

    def leaving(self, pod: Json, place: str) -> Json:
        return {}

    def returning(self, pod: Json) -> Json:
        return {}

    def seated(self, place: str) -> Json:
        return {}

    def let_go(self, seen: Seen, fields: Mapping[str, Any]) -> str:
        return ""


def _rank(pod: Json) -> tuple[bool, str]:
    """The later, the more it is the one that stays."""
    is_leaving = is_terminating(pod) or is_over(pod)
    return not is_leaving, str(pod["metadata"].get("creationTimestamp") or "")


def _destined(pod: Json) -> str:
    """The Node that it runs on, or is made for: its controller pins it by affinity before the
    scheduler binds it."""
    if node := node_of(pod):
        return node
    affinity = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in affinity.get("nodeSelectorTerms") or ():
        for one in term.get("matchFields") or ():
            if one.get("key") == "metadata.name" and one.get("values"):
                return str(one["values"][0])
    return ""

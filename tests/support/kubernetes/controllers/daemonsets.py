"""DaemonSets: OnDelete and RollingUpdate.

As measured: a new pod (a new name, the same Node) is made when the old one has *ended*, up to 16 ms
before the old object is gone; the status names no revision; cordoned Nodes keep their pods.
"""

from collections.abc import Iterable
from typing import Final

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.controllers.owned import claimed, make_pod
from tests.support.kubernetes.controllers.revisions import current_revision, forget_old
from tests.support.kubernetes.controllers.scheduler import fits, tolerates
from tests.support.kubernetes.kinds import DAEMONSETS, NODES, PODS, Json
from tests.support.kubernetes.objects import (
    amount,
    is_available,
    is_over,
    is_ready,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
)

HASH: Final = "controller-revision-hash"
_TOLERATED: Final = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)


class DaemonSets(Workload):
    kind = DAEMONSETS
    dependents = (PODS,)
    watches = (DAEMONSETS, PODS, NODES)

    def reconcile(self, key: Key) -> float | None:
        owner = self.store.get(DAEMONSETS, key[1], key[0])
        if owner is None or is_terminating(owner):
            return None
        spec = owner["spec"]
        revision = current_revision(self.registry, owner)
        newest = labels_of(revision)[HASH]
        pods = claimed(self.registry, owner)
        template = _tolerating(spec["template"]["spec"])
        nodes = self.store.all(NODES)
        wanted = {name_of(node) for node in nodes if fits(template, node)}
        stays = {name_of(node) for node in nodes if _may_stay(template, node)}
        by_node: dict[str, list[Json]] = {}
        for pod in pods:
            if not (is_over(pod) and is_terminating(pod)):
                by_node.setdefault(_node_of(pod), []).append(pod)
        for node in sorted(wanted):
            alive = [pod for pod in by_node.get(node, ()) if not is_terminating(pod)]
            for pod in alive:
                if is_over(pod):
                    self._delete(pod)
            if node not in by_node:
                self._make(owner, template, node, newest)
        for node, found in by_node.items():
            for pod in found:
                if node not in stays and not is_terminating(pod):
                    self._delete(pod)
        if spec["updateStrategy"]["type"] == "RollingUpdate":
            self._roll(owner, wanted, by_node, newest)
        self._report(owner, wanted, newest)
        forget_old(self.registry, owner, {name_of(revision), *_names(owner, pods)})
        return 0.5 if self._is_waiting(owner, pods) else None

    def _make(self, owner: Json, spec: Json, node: str, newest: str) -> None:
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        make_pod(
            self.registry,
            owner,
            {**owner["spec"]["template"], "spec": spec},
            labels={HASH: newest},
            spec={"affinity": {"nodeAffinity": required}},
        )

    def _roll(
        self, owner: Json, wanted: set[str], by_node: dict[str, list[Json]], newest: str
    ) -> None:
        """Old pods go while fewer are away than may be; those that do not serve go first."""
        most = amount(
            owner["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"], len(wanted), up=True
        )
        away, old = 0, []
        for node in sorted(wanted):
            alive = [pod for pod in by_node.get(node, ()) if not is_terminating(pod)]
            if not any(self._is_available(owner, pod) for pod in alive):
                away += 1
                old += [(0, pod) for pod in alive if labels_of(pod).get(HASH) != newest]
            else:
                old += [(1, pod) for pod in alive if labels_of(pod).get(HASH) != newest]
        for serves, pod in sorted(old, key=lambda one: one[0]):
            if serves and away >= most:
                return
            away += serves
            self._delete(pod)

    def _delete(self, pod: Json) -> None:
        self.registry.delete(PODS, name_of(pod), namespace_of(pod))

    def _is_available(self, owner: Json, pod: Json) -> bool:
        return is_available(pod, int(owner["spec"].get("minReadySeconds", 0)), self.time.now())

    def _is_waiting(self, owner: Json, pods: Iterable[Json]) -> bool:
        return any(is_ready(pod) and not self._is_available(owner, pod) for pod in pods)

    def _report(self, owner: Json, wanted: set[str], newest: str) -> None:
        pods = [
            pod
            for pod in self.store.controlled(PODS, owner["metadata"]["uid"])
            if not is_terminating(pod)
        ]
        on = {_node_of(pod): pod for pod in pods if _node_of(pod) in wanted}
        available = sum(1 for pod in on.values() if self._is_available(owner, pod))
        status: Json = {
            "currentNumberScheduled": len(on),
            "desiredNumberScheduled": len(wanted),
            "numberAvailable": available,
            "numberMisscheduled": len(pods) - len(on),
            "numberReady": sum(1 for pod in on.values() if is_ready(pod)),
            "numberUnavailable": len(wanted) - available,
            "observedGeneration": owner["metadata"]["generation"],
            "updatedNumberScheduled": sum(
                1 for pod in on.values() if labels_of(pod).get(HASH) == newest
            ),
        }
        for name in ("numberAvailable", "numberUnavailable", "updatedNumberScheduled"):
            if not status[name]:
                del status[name]
        self.status(owner, status)


def _names(owner: Json, pods: Iterable[Json]) -> set[str]:
    return {f"{name_of(owner)}-{labels_of(pod).get(HASH, '')}" for pod in pods}


def _tolerating(spec: Json) -> Json:
    added = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
        for key, effect in _TOLERATED
    ]
    return {**spec, "tolerations": [*(spec.get("tolerations") or ()), *added]}


def _may_stay(spec: Json, node: Json) -> bool:
    """A NoSchedule taint (a Node that is not Ready has one) keeps new pods away alone."""
    return fits(spec, node, taints=False) and all(
        one["effect"] != "NoExecute" or tolerates(spec, one)
        for one in node["spec"].get("taints") or ()
    )


def _node_of(pod: Json) -> str:
    """Where it sits, or is to sit."""
    if found := pod["spec"].get("nodeName"):
        return str(found)
    affinity = pod["spec"].get("affinity", {}).get("nodeAffinity", {})
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {})
    for term in required.get("nodeSelectorTerms", ()):
        for one in term.get("matchFields", ()):
            return str(one["values"][0])
    return ""

"""The node lifecycle: taints, and what becomes of a Node that falls silent.

As measured: a cordon's taint comes 70 ms later and changes no endpoint; `Ready: False` by the
kubelet leaves its pods Ready, only the controller's own `Unknown` takes them out of the slices; so
a reboot that is shorter than the grace shows dead pods as ready throughout. The `unreachable` taint
goes after the Node is Ready again. Nodes without a Lease are not watched.
"""

from collections.abc import Iterable
from typing import Final

from tests.support.kubernetes.controllers.base import STATUS, Controller, Key
from tests.support.kubernetes.controllers.scheduler import tolerates
from tests.support.kubernetes.kinds import LEASES, NODES, PODS, Json
from tests.support.kubernetes.objects import (
    condition,
    instant,
    is_ready,
    is_terminating,
    name_of,
    namespace_of,
    stamp,
    uid_of,
    with_condition,
)
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.store import Event

HEARTBEATS: Final = "kube-node-lease"
_PREFIX: Final = "node.kubernetes.io/"
_OURS: Final = ("unschedulable", "not-ready", "unreachable")


class Nodes(Controller):
    watches = (NODES, LEASES, PODS)
    grace = 50.0
    """Seconds of the cluster without a heartbeat."""

    def __init__(self, registry: Registry, lag: float) -> None:
        self._beats: dict[str, tuple[object, float]] = {}
        """What was last heard of each Node, and when."""
        super().__init__(registry, lag)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is NODES:
            yield "", name_of(event.object)
        elif event.kind is LEASES:
            if namespace_of(event.object) == HEARTBEATS:
                yield "", name_of(event.object)
        elif event.type != "MODIFIED" and (node := event.object["spec"].get("nodeName")):
            yield "", node

    def reconcile(self, key: Key) -> float | None:
        node = self.store.get(NODES, key[1])
        if node is None:
            return self._without_node(key[1])
        waits = [self._watch(node)]
        node = self.registry.get(NODES, key[1])
        self._taint(node)
        waits.append(self._evict(self.registry.get(NODES, key[1])))
        return min((one for one in waits if one is not None), default=None)

    def _watch(self, node: Json) -> float | None:
        """Seconds until its next heartbeat is overdue; None where nobody watches it."""
        lease = self.store.get(LEASES, name_of(node), HEARTBEATS)
        if lease is None:
            return None
        ready = condition(node, "Ready") or {"status": "Unknown"}
        beat = (lease["spec"].get("renewTime"), ready.get("lastHeartbeatTime"), ready["status"])
        known = self._beats.get(uid_of(node))
        now = self.time.seconds()
        if known is None or (known[0] != beat and ready["status"] != "Unknown"):
            self._beats[uid_of(node)] = beat, now
            return self.grace
        left = known[1] + self.grace - now
        if left > 0 or ready["status"] == "Unknown":
            return max(left, 0.1) if left > 0 else None
        self._set_unknown(node)
        return None

    def _set_unknown(self, node: Json) -> None:
        now = stamp(self.time.now())
        self._beats[uid_of(node)] = None, self.time.seconds()

        def unknown(one: Json) -> Json:
            one["status"]["conditions"] = with_condition(
                one["status"]["conditions"],
                "Ready",
                "Unknown",
                now,
                reason="NodeStatusUnknown",
                message="Kubelet stopped posting node status.",
            )
            return one

        def unready(one: Json) -> Json:
            one["status"]["conditions"] = with_condition(
                one["status"]["conditions"], "Ready", "False", now
            )
            return one

        self.registry.change(NODES, name_of(node), "", unknown, STATUS)
        for pod in self._pods(name_of(node)):
            if is_ready(pod):
                self.registry.change(PODS, name_of(pod), namespace_of(pod), unready, STATUS)

    def _taint(self, node: Json) -> None:
        ready = condition(node, "Ready")
        wanted: list[tuple[str, str]] = []
        if node["spec"].get("unschedulable"):
            wanted.append(("unschedulable", "NoSchedule"))
        if ready is None:
            wanted.append(("not-ready", "NoSchedule"))
        elif ready["status"] != "True":
            key = "unreachable" if ready["status"] == "Unknown" else "not-ready"
            wanted += [(key, "NoSchedule"), (key, "NoExecute")]
        found = node["spec"].get("taints") or []
        kept = [one for one in found if one["key"].removeprefix(_PREFIX) not in _OURS]
        for key, effect in wanted:
            known = [
                one for one in found if one["key"] == _PREFIX + key and one["effect"] == effect
            ]
            made = {"key": _PREFIX + key, "effect": effect, "timeAdded": stamp(self.time.now())}
            kept.append(known[0] if known else made)
        if kept == found:
            return

        def change(one: Json) -> Json:
            one["spec"].pop("taints", None)
            if kept:
                one["spec"]["taints"] = kept
            return one

        self.registry.change(NODES, name_of(node), "", change, Writer())

    def _evict(self, node: Json) -> float | None:
        """Pods go as long after a NoExecute taint as they tolerate it; seconds until the next."""
        taints = [one for one in node["spec"].get("taints") or () if one["effect"] == "NoExecute"]
        waits = []
        for pod in self._pods(name_of(node)) if taints else ():
            if is_terminating(pod):
                continue
            left = min(self._tolerated(pod["spec"], one) for one in taints)
            if left <= 0:
                self.registry.delete(PODS, name_of(pod), namespace_of(pod))
            elif left != float("inf"):
                waits.append(left)
        return min(waits, default=None)

    def _tolerated(self, spec: Json, taint: Json) -> float:
        waits = [
            float(one.get("tolerationSeconds", "inf"))
            for one in spec.get("tolerations") or ()
            if tolerates({"tolerations": [one]}, taint)
        ]
        since = taint.get("timeAdded")
        passed = (self.time.now() - instant(since)).total_seconds() if since else 0.0
        return max(waits, default=0.0) - passed

    def _pods(self, node: str) -> list[Json]:
        return [pod for pod in self.store.all(PODS) if pod["spec"].get("nodeName") == node]

    def _without_node(self, name: str) -> float | None:
        """Its pods go with it."""
        for pod in self._pods(name):
            options = {"gracePeriodSeconds": 0}
            self.registry.delete(PODS, name_of(pod), namespace_of(pod), options)
        return None

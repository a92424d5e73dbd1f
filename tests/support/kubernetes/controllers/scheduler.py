"""A trivial scheduler: a pod goes to the Node that may have it and has the fewest."""

from collections import Counter
from collections.abc import Iterable

from tests.support.kubernetes.controllers.base import Controller, Key
from tests.support.kubernetes.handlers import bound
from tests.support.kubernetes.kinds import NODES, PODS, Json
from tests.support.kubernetes.objects import (
    is_over,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    stamp,
    uid_of,
)
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.store import Event


def tolerates(pod: Json, taint: Json) -> bool:
    for one in pod.get("tolerations") or ():
        if one.get("effect") not in (None, "", taint["effect"]):
            continue
        if one.get("key") in (None, ""):
            return True
        if one["key"] == taint["key"] and (
            one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", "")
        ):
            return True
    return False


def fits(pod: Json, node: Json, *, taints: bool = True) -> bool:
    """By the pod's spec: nodeSelector, required node affinity, taints that keep it away."""
    labels = labels_of(node)
    wanted = pod.get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    affinity = (pod.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required and not any(_term(term, node) for term in required["nodeSelectorTerms"]):
        return False
    return not taints or all(
        one["effect"] == "PreferNoSchedule" or tolerates(pod, one)
        for one in node["spec"].get("taints") or ()
    )


def _term(term: Json, node: Json) -> bool:
    labels = labels_of(node)
    for one in term.get("matchFields") or ():
        if name_of(node) not in one["values"]:
            return False
    for one in term.get("matchExpressions") or ():
        found, values = labels.get(one["key"]), one.get("values") or ()
        is_met = {
            "In": found in values,
            "NotIn": found not in values,
            "Exists": found is not None,
            "DoesNotExist": found is None,
        }[one["operator"]]
        if not is_met:
            return False
    return True


class Scheduler(Controller):
    watches = (PODS, NODES)

    def __init__(self, registry: Registry, lag: float) -> None:
        self._places: dict[str, str] = {}
        self._load: Counter[str] = Counter()
        super().__init__(registry, lag)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is PODS:
            self._count(event)
            if _is_ours(event.object) and event.type != "DELETED":
                yield namespace_of(event.object), name_of(event.object)
            return
        for pod in self.store.all(PODS):
            if _is_ours(pod):
                yield namespace_of(pod), name_of(pod)

    def reconcile(self, key: Key) -> float | None:
        pod = self.store.get(PODS, key[1], key[0])
        if pod is None or pod["spec"].get("nodeName") or is_terminating(pod):
            return None
        nodes = [
            node
            for node in self.store.all(NODES)
            if (fits(pod["spec"], node) and not node["spec"].get("unschedulable"))
            or (fits(pod["spec"], node) and _may_sit_on_cordoned(pod["spec"]))
        ]
        if not nodes:
            return None
        node = name_of(min(nodes, key=lambda one: (self._load[name_of(one)], name_of(one))))
        now = stamp(self.time.now())
        self.registry.change(
            PODS,
            key[1],
            key[0],
            lambda one: bound(one, node, now),
            Writer("kube-scheduler", subresource="binding"),
        )
        return None

    def _count(self, event: Event) -> None:
        """Pods on each Node."""
        pod = event.object
        former = self._places.pop(uid_of(pod), None)
        if former is not None:
            self._load[former] -= 1
        node = pod["spec"].get("nodeName")
        if node and event.type != "DELETED" and not is_over(pod):
            self._places[uid_of(pod)] = node
            self._load[node] += 1


def _is_ours(pod: Json) -> bool:
    name = pod["spec"].get("schedulerName", "default-scheduler")
    return bool(not pod["spec"].get("nodeName") and name == "default-scheduler")


def _may_sit_on_cordoned(spec: Json) -> bool:
    return tolerates(spec, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"})

"""PodDisruptionBudgets: how many evictions may be granted now.

As measured: a pod that is out of the Service by its label counts as healthy; an eviction that was
granted and did not happen counts for 120 s; `maxUnavailable` or a percentage never allows anything
for a DaemonSet's pods (`SyncFailed`), an integer `minAvailable` works.
"""

from collections.abc import Iterable
from typing import Final

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.kinds import (
    BUDGETS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    REPLICASETS,
    STATEFULSETS,
    Json,
)
from tests.support.kubernetes.objects import (
    amount,
    controller_of,
    instant,
    is_ready,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    stamp,
    uid_of,
    with_condition,
)
from tests.support.kubernetes.selectors import is_selected
from tests.support.kubernetes.store import Event

REMEMBERED: Final = 120.0
"""Seconds that a granted eviction counts though its pod is still there."""


class NoScale(Exception):
    pass


class Budgets(Workload):
    kind = BUDGETS
    watches = (BUDGETS, PODS, DEPLOYMENTS, REPLICASETS, STATEFULSETS)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is BUDGETS:
            yield namespace_of(event.object), name_of(event.object)
            return
        for budget in self.store.all(BUDGETS, namespace_of(event.object)):
            yield namespace_of(budget), name_of(budget)

    def reconcile(self, key: Key) -> float | None:
        budget = self.store.get(BUDGETS, key[1], key[0])
        if budget is None or is_terminating(budget):
            return None
        selector = budget["spec"].get("selector")
        pods = [
            pod for pod in self.store.all(PODS, key[0]) if is_selected(selector, labels_of(pod))
        ]
        try:
            expected, desired = self._wanted(budget["spec"], pods)
        except NoScale as error:
            self._fail(budget, str(error))
            return None
        disrupted, again = self._disrupted(budget, pods)
        healthy = sum(
            1
            for pod in pods
            if is_ready(pod) and not is_terminating(pod) and name_of(pod) not in disrupted
        )
        allowed = max(0, healthy - desired) if expected > 0 else 0
        status: Json = {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "disruptionsAllowed": allowed,
            "observedGeneration": budget["metadata"]["generation"],
        }
        if disrupted:
            status["disruptedPods"] = disrupted
        status["conditions"] = self._condition(
            budget,
            is_allowed=allowed > 0,
            reason="SufficientPods" if allowed else "InsufficientPods",
        )
        self.status(budget, status)
        return again

    def _wanted(self, spec: Json, pods: list[Json]) -> tuple[int, int]:
        """Pods expected, and how many of them must be healthy."""
        least = spec.get("minAvailable")
        if isinstance(least, int):
            return len(pods), least
        expected = self._scale(pods)
        if least is not None:
            return expected, amount(least, expected, up=True)
        return expected, max(0, expected - amount(spec.get("maxUnavailable", 0), expected, up=True))

    def _scale(self, pods: list[Json]) -> int:
        """Replicas of all the workloads that own these pods. Raises NoScale."""
        found: dict[str, int] = {}
        for pod in pods:
            owner = controller_of(pod)
            if owner is None:
                continue
            known = self.store.find(owner["uid"])
            if known is not None and known[0] is REPLICASETS:
                above = controller_of(known[1])
                known = self.store.find(above["uid"]) if above is not None else known
            if known is None:
                continue
            kind, workload = known
            if "scale" not in kind.subresources:
                raise NoScale(f"{kind.resource} does not implement the scale subresource")
            found[uid_of(workload)] = int(workload["spec"]["replicas"])
        return sum(found.values())

    def _disrupted(self, budget: Json, pods: list[Json]) -> tuple[dict[str, str], float | None]:
        """Granted, and not yet seen to end; seconds until the first of them is forgotten."""
        now = self.time.now()
        alive = {name_of(pod) for pod in pods if not is_terminating(pod)}
        known = (budget.get("status") or {}).get("disruptedPods") or {}
        left = {
            name: REMEMBERED - (now - instant(at)).total_seconds()
            for name, at in known.items()
            if name in alive
        }
        kept = {name: known[name] for name, seconds in left.items() if seconds > 0}
        return kept, min((left[name] for name in kept), default=None)

    def _condition(
        self, budget: Json, *, is_allowed: bool, reason: str, message: str = ""
    ) -> list[Json]:
        return with_condition(
            (budget.get("status") or {}).get("conditions") or [],
            "DisruptionAllowed",
            "True" if is_allowed else "False",
            stamp(self.time.now()),
            reason=reason,
            message=message,
            observedGeneration=budget["metadata"]["generation"],
        )

    def _fail(self, budget: Json, why: str) -> None:
        """Nothing is allowed, and the generation stays unseen, as with the real one."""
        status = dict(budget.get("status") or {})
        status["disruptionsAllowed"] = 0
        for field in ("currentHealthy", "desiredHealthy", "expectedPods"):
            status.setdefault(field, 0)
        status["conditions"] = self._condition(
            budget, is_allowed=False, reason="SyncFailed", message=why
        )
        if status == budget.get("status"):
            return
        self.status(budget, status)
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{name_of(budget)}."},
            "involvedObject": {
                "apiVersion": BUDGETS.api_version,
                "kind": BUDGETS.kind,
                "name": name_of(budget),
                "namespace": namespace_of(budget),
                "uid": uid_of(budget),
            },
            "type": "Warning",
            "reason": "CalculateExpectedPodCountFailed",
            "message": f"Failed to calculate the number of expected pods: {why}",
            "firstTimestamp": stamp(self.time.now()),
            "lastTimestamp": stamp(self.time.now()),
            "count": 1,
            "source": {"component": "controllermanager"},
        }
        self.registry.create(EVENTS, event, namespace_of(budget))

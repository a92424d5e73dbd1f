"""Eviction, with its budgets.

As measured: the budget is asked before the UID; a refusal for a wrong UID uses up the budget all
the same, a dry run does not; 429 names the budget in `causes` and has no Retry-After, but where the
budget is not processed yet; two budgets on a pod are 500 without a reason; a pod that is already
terminating is 201 again; an unready pod goes while the budget is healthy, or by `AlwaysAllow`.
"""

from typing import Final

from tests.support.kubernetes import answers
from tests.support.kubernetes.kinds import BUDGETS, NAMESPACES, PODS, Json
from tests.support.kubernetes.objects import (
    is_over,
    is_ready,
    is_terminating,
    labels_of,
    micro_stamp,
    name_of,
    phase_of,
    stamp,
    with_condition,
)
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.selectors import is_selected

_SERVER: Final = Writer("kube-apiserver", subresource="status")


def budgets_of(registry: Registry, pod: Json) -> list[Json]:
    namespace = str(pod["metadata"]["namespace"])
    return [
        budget
        for budget in registry.store.all(BUDGETS, namespace)
        if is_selected(budget["spec"].get("selector"), labels_of(pod))
    ]


def evict(registry: Registry, name: str, namespace: str, eviction: Json, *, is_dry: bool) -> None:
    """Raises StatusError 403, 404, 409, 429, 500."""
    pod = registry.get(PODS, name, namespace)
    if (eviction.get("metadata") or {}).get("name", name) != name:
        raise answers.bad_request("name in URL does not match name in Eviction object")
    options: Json = eviction.get("deleteOptions") or {}
    if is_terminating(registry.get(NAMESPACES, namespace)):
        raise answers.namespace_ends(PODS, name, namespace)
    if not (is_over(pod) or is_terminating(pod) or phase_of(pod) == "Pending"):
        _ask(registry, pod, is_dry=is_dry)
    wanted = options.get("preconditions") or {}
    if not is_dry and wanted.get("uid") in (None, pod["metadata"]["uid"]):
        registry.change(PODS, name, namespace, lambda one: _marked(registry, one), _SERVER)
    registry.delete(PODS, name, namespace, options, is_dry=is_dry)


def _marked(registry: Registry, pod: Json) -> Json:
    status = pod.setdefault("status", {})
    status["conditions"] = with_condition(
        status.get("conditions") or [],
        "DisruptionTarget",
        "True",
        stamp(registry.time.now()),
        reason="EvictionByEvictionAPI",
        message="Eviction API: evicting",
    )
    return pod


def _ask(registry: Registry, pod: Json, *, is_dry: bool) -> None:
    budgets = budgets_of(registry, pod)
    if len(budgets) > 1:
        text = (
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support."
        )
        raise answers.StatusError(500, "", text)
    if not budgets:
        return
    budget = budgets[0]
    if not is_ready(pod) and _lets_unready_go(budget):
        return
    _use(registry, budget, name_of(pod), is_dry=is_dry)


def _lets_unready_go(budget: Json) -> bool:
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy", 0)
    return bool(desired > 0 and status.get("currentHealthy", 0) >= desired)


def _use(registry: Registry, budget: Json, pod: str, *, is_dry: bool) -> None:
    name, status = name_of(budget), budget.get("status") or {}
    for one in status.get("conditions") or ():
        if one.get("reason") == "SyncFailed":
            text = f"The disruption budget {name} does not allow evicting pods currently because "
            raise answers.budget_refuses(f"{text}it failed sync: {one.get('message', '')}")
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        text = f"The disruption budget {name} is still being processed by the server."
        raise answers.budget_refuses(text, after=10)
    if status.get("disruptionsAllowed", 0) < 1:
        needs, has = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        text = f"The disruption budget {name} needs {needs} healthy pods and has {has} currently"
        raise answers.budget_refuses(text)

    def used(one: Json) -> Json:
        one["status"]["disruptionsAllowed"] -= 1
        one["status"].setdefault("disruptedPods", {})[pod] = micro_stamp(registry.time.now())
        return one

    if not is_dry:
        registry.change(BUDGETS, name, budget["metadata"]["namespace"], used, _SERVER)

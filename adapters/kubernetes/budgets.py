"""Disruption budgets (PodDisruptionBudget): which of them a pod has, and what they allow. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from adapters.kubernetes.client.api import Json

_NAMED: Final = 3
"""So many pods that are not Ready are named."""


def ident(found: Json) -> str:
    """`namespace/name`, as kubectl shows it."""
    meta = found["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else str(meta["name"])


def labels_of(found: Json) -> Mapping[str, str]:
    return found["metadata"].get("labels") or {}


def selects(selector: Json | None, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector matches: none matches nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_meets(one, labels) for one in selector.get("matchExpressions") or ())


def _meets(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:  # DoesNotExist
            return key not in labels


def as_query(selector: Json) -> str:
    """The same as the API takes it in a list."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        key, values = one["key"], ",".join(one.get("values") or ())
        match one["operator"]:
            case "In":
                parts.append(f"{key} in ({values})")
            case "NotIn":
                parts.append(f"{key} notin ({values})")
            case "Exists":
                parts.append(key)
            case _:
                parts.append(f"!{key}")
    return ",".join(parts)


def covers(budget: Json, pod: Json) -> bool:
    is_beside = budget["metadata"].get("namespace") == pod["metadata"].get("namespace")
    return is_beside and selects(budget["spec"].get("selector"), labels_of(pod))


def covering(pod: Json, budgets: Iterable[Json]) -> list[Json]:
    """The budgets that an eviction of the pod has to respect."""
    return [budget for budget in budgets if covers(budget, pod)]


def two_budgets(pod: Json, budgets: Iterable[Json]) -> str:
    """Why the pod cannot be evicted at all, in one line; empty: that is no reason."""
    names = sorted(budget["metadata"]["name"] for budget in covering(pod, budgets))
    if len(names) < 2:
        return ""
    return (
        f"pod {ident(pod)} has more than one PodDisruptionBudget ({', '.join(names)}), and the "
        "eviction API refuses such pods: let one of them select it"
    )


def never_allows(budget: Json) -> str:
    """Why it cannot allow an eviction, as things stand, even with every pod healthy; empty: it
    can."""
    spec, status = budget["spec"], budget.get("status") or {}
    for one in status.get("conditions") or ():
        if one.get("reason") == "SyncFailed" and one.get("status") == "False":
            said = one.get("message") or "no reason given"
            return f"budget {ident(budget)} allows nothing: its pods cannot be counted ({said})"
    if spec.get("maxUnavailable") in (0, "0%"):
        return f"budget {ident(budget)} allows no disruption at all: its maxUnavailable is 0"
    expected, needed = status.get("expectedPods") or 0, status.get("desiredHealthy") or 0
    if is_counted(budget) and 0 < expected <= needed:
        return (
            f"budget {ident(budget)} can never allow an eviction: it needs {needed} healthy pods, "
            f"and there are {expected}"
        )
    return ""


def is_counted(budget: Json) -> bool:
    """Whether its status speaks of its spec as it is now."""
    seen = (budget.get("status") or {}).get("observedGeneration", 0)
    return bool(seen >= budget["metadata"].get("generation", 0))


def is_ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def standing(budget: Json, pods: Iterable[Json]) -> str:
    """What it needs and has, and which of `pods` it lacks."""
    status = budget.get("status") or {}
    needed, healthy = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    unready = [pod for pod in pods if covers(budget, pod) and not is_ready(pod)]
    names = sorted(pod["metadata"]["name"] for pod in unready)
    text = f"budget {ident(budget)} needs {needed} healthy pods and has {healthy}"
    if not names:
        return text
    rest = len(names) - _NAMED
    shown = ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
    return f"{text}; {shown} {'is' if len(names) == 1 else 'are'} not Ready"

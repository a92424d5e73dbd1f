"""Which way of rotation a pool gets, or why not the one that is asked for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.kubernetes.pod import annotations_of, labels_of, name_of
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.delete import ByDeletion
from adapters.kubernetes.pods.rotation.label import ByLabel
from adapters.kubernetes.pods.rotation.selector import KEY, BySelector
from adapters.kubernetes.pods.workloads.found import found_in
from controller.pools.kubernetes import PodPool, Rotation

Json = dict[str, Any]

_MARKS: Final[Mapping[str, str]] = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "argocd.argoproj.io/instance": "Argo CD",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "fleet.cattle.io/bundle-id": "Fleet",
    "configmanagement.gke.io/managed": "Config Sync",
}
"""Labels or annotations of what a GitOps manager owns."""
_MANAGERS: Final[Mapping[str, str]] = {
    "argocd": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "flux": "Flux",
    "fleetagent": "Fleet",
    "configsync": "Config Sync",
}
"""Prefixes of field managers."""


@dataclass(frozen=True, slots=True)
class Choice:
    turn: Turn
    refusals: tuple[str, ...] = ()
    why: str = ""
    """Why it is this one, where the rollout file leaves it open."""


def gitops_of(found: Json) -> str:
    """The GitOps manager that puts this object back as it has it; empty: none is known."""
    marks = {**labels_of(found), **annotations_of(found)}
    for mark, who in _MARKS.items():
        if mark in marks:
            return who
    for entry in found["metadata"].get("managedFields") or ():
        for prefix, who in _MANAGERS.items():
            if str(entry.get("manager") or "").startswith(prefix):
                return who
    return ""


def choose(pool: PodPool, service: Json, workload: Json, *, may_patch: bool) -> Choice:
    """`may_patch`: whether we have the right to patch the Service."""
    label, selector = pool.rotation_label, BySelector(name_of(service))
    value = (service["spec"].get("selector") or {}).get(label)
    by_label = ByLabel(label, value or "in")
    fixed = _fixed(label, value, workload)
    unprepared = _unprepared(label, value, service, workload)
    owner = gitops_of(service)
    match pool.rotation:
        case Rotation.DELETE:
            return Choice(ByDeletion())
        case Rotation.LABEL:
            return Choice(by_label, tuple(filter(None, (fixed or unprepared,))))
        case Rotation.SELECTOR:
            return Choice(selector, tuple(_unpermitted(service, owner, may_patch=may_patch)))
    if (service["spec"].get("selector") or {}).get(KEY) == name_of(service):
        why = "a rollout that has not ended has narrowed the Service"
        return Choice(selector, tuple(_unpermitted(service, "", may_patch=may_patch)), why)
    if fixed:
        return Choice(by_label, (fixed,))
    if not unprepared:
        return Choice(
            by_label, why=f"the Service selects {label}={value}, and so does the template"
        )
    if may_patch and not owner:
        refusals = _unpermitted(service, owner, may_patch=may_patch)
        return Choice(selector, tuple(refusals), unprepared)
    why = f"it is managed by {owner}" if owner else "there is no permission to patch it"
    return Choice(ByDeletion(), why=f"{unprepared}; and the Service cannot be narrowed: {why}")


def _fixed(label: str, value: str | None, workload: Json) -> str:
    """Why flipping the label would take the pod away from its workload; empty: it would not."""
    selector = workload["spec"].get("selector") or {}
    keys = {*(selector.get("matchLabels") or {})}
    keys |= {one.get("key") for one in selector.get("matchExpressions") or ()}
    if label not in keys or value is None:
        return ""
    kind, name = str(workload["kind"]), name_of(workload)
    what = (
        "the pod would be orphaned, and the StatefulSet stuck, since the name is taken"
        if kind == "StatefulSet"
        else f"the {kind} would make another pod at once, and kill one when the label is back"
    )
    return (
        f"rotation label {label} is in the selector of {kind.lower()}/{name}: when it is flipped, "
        f"{what}; use a label that only the Service and the pod template have"
    )


def _unprepared(label: str, value: str | None, service: Json, workload: Json) -> str:
    """What the label lacks; empty: nothing."""
    if value is None:
        return f"Service {name_of(service)} does not select the label {label}"
    held = found_in(workload)  # a rollout that goes on does so as it began
    template = held.template if held is not None else workload["spec"]["template"]
    has = ((template.get("metadata") or {}).get("labels") or {}).get(label)
    if has == value:
        return ""
    is_not = f"sets it to {has!r}" if has is not None else "does not set it"
    path = f"{str(workload['kind']).lower()}/{name_of(workload)}"
    return (
        f"Service {name_of(service)} selects {label}={value}, and the pod template of {path} "
        f"{is_not}"
    )


def _unpermitted(service: Json, owner: str, *, may_patch: bool) -> Sequence[str]:
    name = name_of(service)
    refusals = []
    if owner:
        refusals.append(
            f"rotation: selector narrows Service {name}, which is managed by {owner}: it would put "
            "the selector back, and let every pod in; use rotation: label"
        )
    value = (service["spec"].get("selector") or {}).get(KEY)
    if value not in (None, name):
        refusals.append(f"Service {name} selects {KEY}={value} already, which is not ours")
    if not may_patch:
        refusals.append(
            f"rotation: selector narrows Service {name}, and there is no permission to patch it"
        )
    return refusals

"""Which pods have to leave a Node before its upgrade, which stay, and which may not go. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.kubernetes.budgets import ident
from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.job import JOB_LABEL

MIRROR: Final = "kubernetes.io/config.mirror"
UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
_NAMED: Final = 4

NO_CONTROLLER: Final = "cannot delete Pods that declare no controller"
LOCAL_STORAGE: Final = "cannot delete Pods with local storage"
OVERRIDE: Final = {
    NO_CONTROLLER: "nodes.unmanaged: true",
    LOCAL_STORAGE: "nodes.emptydir: true",
}
"""kubectl's words → what the rollout file says to override them."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the rollout file allows to evict."""

    unmanaged: bool = False
    emptydir: bool = False


def controller_of(pod: Json) -> Mapping[str, Any] | None:
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def is_of_daemonset(pod: Json) -> bool:
    owner = controller_of(pod)
    return owner is not None and owner.get("kind") == "DaemonSet"


def is_terminating(pod: Json) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def has_ended(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def stays(pod: Json) -> bool:
    """Whether a drain leaves it: pods of DaemonSets, static pods (the kubelet's own), what has
    ended, and the upgrade's own Job."""
    meta = pod["metadata"]
    is_static = MIRROR in (meta.get("annotations") or {})
    is_ours = JOB_LABEL in (meta.get("labels") or {})
    return is_static or is_ours or is_of_daemonset(pod) or has_ended(pod)


def leaving(pods: Iterable[Json]) -> list[Json]:
    """Those that have to go, or are going."""
    gone = [pod for pod in pods if not stays(pod)]
    return sorted(gone, key=ident)


def why_not(pod: Json, allowed: Allowed) -> str:
    """Why this one may not be evicted, in kubectl's words; empty: it may."""
    if is_terminating(pod):
        return ""
    if controller_of(pod) is None and not allowed.unmanaged:
        return NO_CONTROLLER
    if _has_emptydir(pod) and not allowed.emptydir:
        return LOCAL_STORAGE
    return ""


def _has_emptydir(pod: Json) -> bool:
    return any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())


def refusals(node: str, pods: Iterable[Json], allowed: Allowed) -> list[str]:
    """Why the Node cannot be drained as the file has it, one line for each reason."""
    found: dict[str, list[str]] = {}
    for pod in leaving(pods):
        if why := why_not(pod, allowed):
            found.setdefault(why, []).append(ident(pod))
    return [
        f"{node}: {why} (use {OVERRIDE[why]} to override): {named(pods)}"
        for why, pods in found.items()
    ]


def comes_back(pod: Json) -> bool:
    """Whether its successor may be scheduled to a cordoned Node again: it tolerates that."""
    return any(
        one.get("key") in (None, "", UNSCHEDULABLE)
        and one.get("effect") in (None, "", "NoSchedule")
        and (one.get("operator") == "Exists" or not one.get("value"))
        for one in pod["spec"].get("tolerations") or ()
        if one.get("key") or one.get("operator") == "Exists"
    )


def named(names: Sequence[str]) -> str:
    """The first few of them, for a sentence."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def still_to_go(pods: Sequence[Json], why: Mapping[str, str]) -> str:
    """What a drain waits for, by reason. `why`: UID → what keeps the pod, where that is known."""
    reasons: dict[str, list[str]] = {}
    for pod in sorted(pods, key=lambda pod: pod["metadata"]["uid"] not in why):
        ending = "terminating" if is_terminating(pod) else ""
        reason = why.get(pod["metadata"]["uid"], ending)
        reasons.setdefault(reason, []).append(ident(pod))
    shown = [named(names) + (f" ({reason})" if reason else "") for reason, names in reasons.items()]
    what = "pod has" if len(pods) == 1 else "pods have"
    return f"{len(pods)} {what} still to go: {'; '.join(shown)}"

"""Is the Node back? What it was before its steps, and what still speaks against it. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final

from adapters.kubernetes.budgets import ident, is_ready
from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.leaving import is_of_daemonset, is_terminating, named
from adapters.kubernetes.nodes.marks import BEFORE, annotations_of

BOOT_ID: Final = "boot_id"
VERSIONS: Final = {
    "kubelet_version": "kubeletVersion",
    "kernel_version": "kernelVersion",
    "os_image": "osImage",
    "container_runtime_version": "containerRuntimeVersion",
}
"""What `expect` calls it → its name in `status.nodeInfo`."""
AWAY: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


@dataclass(frozen=True, slots=True)
class Before:
    """A Node as it was before the steps of one course."""

    course: str
    """Which rollout and course that was: what another one noted says nothing."""
    boot_id: str
    pods: Mapping[str, str] = field(default_factory=dict)
    """UID of a DaemonSet's pod → which containers it had, as a short hash."""

    def as_text(self) -> str:
        found = {"course": self.course, "boot_id": self.boot_id, "pods": dict(self.pods)}
        return json.dumps(found, separators=(",", ":"), sort_keys=True)


def before_of(node: Json) -> Before | None:
    """As its annotation has it."""
    try:
        found = json.loads(annotations_of(node).get(BEFORE, ""))
        return Before(str(found["course"]), str(found["boot_id"]), dict(found["pods"]))
    except (ValueError, KeyError, TypeError):
        return None


def as_it_is(course: str, node: Json, pods: Iterable[Json]) -> Before:
    found = {pod["metadata"]["uid"]: _containers(pod) for pod in pods if is_of_daemonset(pod)}
    return Before(course, boot_id_of(node), found)


def boot_id_of(node: Json) -> str:
    return str(_info(node).get("bootID") or "")


def _info(node: Json) -> Mapping[str, str]:
    info: Mapping[str, str] = (node.get("status") or {}).get("nodeInfo") or {}
    return info


def _containers(pod: Json) -> str:
    """Differs once each container was started again."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    seen = sorted(
        f"{one['name']} {one.get('containerID')} {one['restartCount']}" for one in statuses
    )
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:8]


def is_healthy(node: Json) -> bool:
    """Ready, and not given up by the cluster."""
    return not _unwell(node)


def _unwell(node: Json) -> list[str]:
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = next((one for one in conditions if one["type"] == "Ready"), None)
    found = []
    if ready is None or ready["status"] != "True":
        why = (ready or {}).get("reason") or (ready or {}).get("message")
        found.append("it is not Ready" + (f" ({why})" if why else ""))
    taints = [one["key"] for one in node["spec"].get("taints") or () if one["key"] in AWAY]
    return found + [f"it has the taint {key}" for key in dict.fromkeys(taints)]


def versions_off(node: Json, expect: Mapping[str, str]) -> list[str]:
    """Versions that are not as expected."""
    info = _info(node)
    return [
        f"its {key} is {info.get(VERSIONS[key]) or 'not known'}, and {wanted} is expected"
        for key, wanted in expect.items()
        if key in VERSIONS and not fnmatchcase(info.get(VERSIONS[key]) or "", wanted)
    ]


def not_back(
    node: Json, pods: Iterable[Json], expect: Mapping[str, str], before: Before | None
) -> list[str]:
    """What speaks against its return, the gravest first; nothing: it is back.

    `pods`: those on the Node. `before`: of this course; needed where the boot id must change.
    """
    found = []
    is_rebooted = before is not None and before.boot_id != boot_id_of(node)
    if BOOT_ID in expect and before is None:
        found.append(f"its boot id of before is not known: the annotation {BEFORE} is gone")
    elif BOOT_ID in expect and not is_rebooted:
        found.append(f"its boot id is still {boot_id_of(node)}: it was not rebooted")
    found += _unwell(node)
    found += versions_off(node, expect)
    daemons = [pod for pod in pods if is_of_daemonset(pod) and not is_terminating(pod)]
    late = sorted(ident(pod) for pod in daemons if not is_ready(pod))
    if late:
        found.append(f"pods of DaemonSets are not Ready: {named(late)}")
    if before is not None and is_rebooted:
        stale = [pod for pod in daemons if _is_as_before(pod, before) and is_ready(pod)]
        if stale:
            names = named(sorted(map(ident, stale)))
            found.append(f"pods of DaemonSets were not started again since the reboot: {names}")
    return found


def _is_as_before(pod: Json, before: Before) -> bool:
    """Whether what it says is from before the reboot: a Node that comes back fast never had its
    pods marked as not Ready."""
    return before.pods.get(pod["metadata"]["uid"]) == _containers(pod)

"""What the API says about one pod, its Service and its workload. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller import foreign
from controller.core.pool import Occupant

Json = dict[str, Any]

HASH: Final = "controller-revision-hash"
"""Label of the pods of a StatefulSet or DaemonSet."""
OUT: Final = "poolroll.dev/out"
"""Annotation of a pod that we have out: how it came to be so."""
NEW: Final = "new"
"""It was kept out as soon as it came, unasked."""
DRAINED: Final = "drained"
"""The rollout took it out."""


@dataclass(frozen=True, slots=True)
class Owner:
    kind: str
    name: str
    uid: str

    @property
    def path(self) -> str:
        """As a rollout file spells it: `statefulset/web`."""
        return f"{self.kind.lower()}/{self.name}"


def name_of(found: Json) -> str:
    return str(found["metadata"]["name"])


def uid_of(found: Json) -> str:
    return str(found["metadata"]["uid"])


def labels_of(found: Json) -> Mapping[str, str]:
    return found["metadata"].get("labels") or {}


def annotations_of(found: Json) -> Mapping[str, str]:
    return found["metadata"].get("annotations") or {}


def owner_of(found: Json) -> Owner | None:
    """Who controls it."""
    for one in found["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            return Owner(str(one["kind"]), str(one["name"]), str(one["uid"]))
    return None


def is_terminating(found: Json) -> bool:
    return bool(found["metadata"].get("deletionTimestamp"))


def is_over(pod: Json) -> bool:
    """Whether its containers have ended for good; another one may follow it."""
    return _status(pod).get("phase") in ("Succeeded", "Failed")


def is_ready(pod: Json) -> bool:
    conditions = _status(pod).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def address_of(pod: Json) -> str:
    """Empty as long as it has none."""
    return usable(_status(pod).get("podIP"))


def usable(address: object) -> str:
    """Empty where it is no address that anybody could be sent to."""
    try:
        return foreign.address(address)
    except ValueError:
        return ""


def node_of(pod: Json) -> str:
    return str((pod.get("spec") or {}).get("nodeName") or "")


def revision_of(pod: Json) -> str:
    return labels_of(pod).get(HASH, "")


def is_selected(service: Json, found: Json) -> bool:
    """Whether the Service means it."""
    selector: Mapping[str, str] = service["spec"].get("selector") or {}
    labels = labels_of(found)
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def port_of(service: Json, pod: Json) -> int:
    """Where the pod serves the first port of the Service; 0: it names none that the pod has."""
    ports = service["spec"].get("ports") or ()
    if not ports:
        return 0
    target = ports[0].get("targetPort", ports[0].get("port"))
    if isinstance(target, int):
        return target
    for container in pod["spec"].get("containers") or ():
        for one in container.get("ports") or ():
            if one.get("name") == target:
                return int(one["containerPort"])
    return 0


def occupant_of(service: Json, pod: Json, revision: str) -> Occupant | None:
    """None as long as it has no address."""
    address = address_of(pod)
    if not address:
        return None
    return Occupant(uid_of(pod), address, port_of(service, pod), revision)


def why_not_ready(pod: Json) -> str:
    """In one line, for people."""
    status = _status(pod)
    for one in status.get("containerStatuses") or ():
        waiting = (one.get("state") or {}).get("waiting") or {}
        if waiting.get("reason"):
            said = f": {waiting['message']}" if waiting.get("message") else ""
            return f"container {one.get('name')} waits, {waiting['reason']}{said}"
    for one in status.get("conditions") or ():
        if one["status"] == "False" and one.get("reason") and one["type"] != "Ready":
            said = f": {one['message']}" if one.get("message") else ""
            return f"{one['type']} is false, {one['reason']}{said}"
    return f"it is {status.get('phase') or 'Pending'}, and not Ready"


def _status(pod: Json) -> Mapping[str, Any]:
    return pod.get("status") or {}

"""What the API server refuses: limits of size, fields that cannot change, values that contradict.

As measured: the sizes of ConfigMaps and annotations; `maxSurge` and `maxUnavailable` both 0; a
progress deadline that is not above `minReadySeconds`; times of a Lease without microseconds.
"""

import json
import re
from typing import Final

from tests.support.kubernetes.answers import bad_request, invalid
from tests.support.kubernetes.kinds import (
    CONFIGMAPS,
    DAEMONSETS,
    DEPLOYMENTS,
    EVENTS,
    JOBS,
    LEASES,
    PODS,
    REPLICASETS,
    SECRETS,
    STATEFULSETS,
    Json,
    Kind,
)
from tests.support.kubernetes.objects import copy_of, labels_of, name_of
from tests.support.kubernetes.schema import faults_of_names
from tests.support.kubernetes.selectors import is_selected

DATA, ANNOTATIONS = 1_048_576, 262_144
_MICRO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_SET_MAY_CHANGE: Final = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
_SELECTED: Final = (DEPLOYMENTS, REPLICASETS, DAEMONSETS, STATEFULSETS)


def check(kind: Kind, obj: Json, former: Json | None) -> None:
    """Raises StatusError: 422, or 400 for what cannot even be read."""
    faults = [*_sizes(kind, obj), *faults_of_names(obj["metadata"])]
    if former is None and not (kind.group.startswith("rbac") or _NAME.fullmatch(name_of(obj))):
        faults.append(("metadata.name", f'Invalid value: "{name_of(obj)}": not a DNS name'))
    spec: Json = obj.get("spec") or {}
    if kind in _SELECTED:
        faults += _workload(kind, spec)
    if kind is PODS and not spec.get("containers"):
        faults.append(("spec.containers", "Required value"))
    if kind is LEASES:
        faults += _lease(spec)
    if kind is EVENTS:
        faults += _event(obj)
    if former is not None:
        faults += _unchangeable(kind, spec, former.get("spec") or {})
    if faults:
        raise invalid(kind, name_of(obj), *faults)


def _sizes(kind: Kind, obj: Json) -> list[tuple[str, str]]:
    faults = []
    if kind in (CONFIGMAPS, SECRETS):
        parts = {**(obj.get("data") or {}), **(obj.get("binaryData") or {})}
        if any(not isinstance(value, str) for value in parts.values()):
            raise bad_request("json: cannot unmarshal a value of data into Go type string")
        if sum(len(value.encode()) for value in parts.values()) > DATA:
            faults.append(("[]", f"Too long: may not be more than {DATA} bytes"))
    notes = obj["metadata"].get("annotations") or {}
    if sum(len(key.encode()) + len(str(value).encode()) for key, value in notes.items()) > (
        ANNOTATIONS
    ):
        faults.append(
            ("metadata.annotations", f"Too long: may not be more than {ANNOTATIONS} bytes")
        )
    return faults


def _workload(kind: Kind, spec: Json) -> list[tuple[str, str]]:
    faults = []
    labels = labels_of(spec["template"])
    if not spec.get("selector"):
        faults.append(("spec.selector", "Required value"))
    elif not is_selected(spec["selector"], labels):
        shown = json.dumps(labels, separators=(",", ":"))
        text = f"Invalid value: {shown}: `selector` does not match template `labels`"
        faults.append(("spec.template.metadata.labels", text))
    containers = spec["template"]["spec"].get("containers")
    if not containers:
        faults.append(("spec.template.spec.containers", "Required value"))
    for at, container in enumerate(containers or ()):
        if not container.get("image"):
            faults.append((f"spec.template.spec.containers[{at}].image", "Required value"))
    if spec.get("replicas", 0) < 0:
        text = f"Invalid value: {spec['replicas']}: must be greater than or equal to 0"
        faults.append(("spec.replicas", text))
    return faults + (_deployment(spec) if kind is DEPLOYMENTS else [])


def _deployment(spec: Json) -> list[tuple[str, str]]:
    faults = []
    strategy = spec["strategy"]
    rolling = strategy.get("rollingUpdate") or {}
    if strategy["type"] == "Recreate" and rolling:
        text = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        faults.append(("spec.strategy.rollingUpdate", text))
    elif rolling and {rolling["maxSurge"], rolling["maxUnavailable"]} <= {0, "0%"}:
        text = "Invalid value: 0: may not be 0 when `maxSurge` is 0"
        faults.append(("spec.strategy.rollingUpdate.maxUnavailable", text))
    deadline, ready = spec["progressDeadlineSeconds"], spec.get("minReadySeconds", 0)
    if deadline <= ready:
        text = f"Invalid value: {deadline}: must be greater than minReadySeconds"
        faults.append(("spec.progressDeadlineSeconds", text))
    return faults


def _lease(spec: Json) -> list[tuple[str, str]]:
    for field in ("renewTime", "acquireTime"):
        if (text := spec.get(field)) and not _MICRO.fullmatch(text):
            raise bad_request(
                f'parsing time "{text}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse'
            )
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        text = f"Invalid value: {duration}: must be greater than 0"
        return [("spec.leaseDurationSeconds", text)]
    return []


def _event(obj: Json) -> list[tuple[str, str]]:
    """One about what is in no namespace is in `default`."""
    about = (obj.get("involvedObject") or {}).get("namespace") or ""
    if obj["metadata"].get("namespace") == (about or "default"):
        return []
    text = f'Invalid value: "{about}": does not match event.namespace'
    return [("involvedObject.namespace", text)]


def _unchangeable(kind: Kind, spec: Json, former: Json) -> list[tuple[str, str]]:
    if kind is STATEFULSETS:
        fixed = {key: one for key, one in spec.items() if key not in _SET_MAY_CHANGE}
        if fixed != {key: one for key, one in former.items() if key not in _SET_MAY_CHANGE}:
            named = [f"'{field}'" for field in _SET_MAY_CHANGE]
            text = (
                "Forbidden: updates to statefulset spec for fields other than "
                f"{', '.join(named[:-1])} and {named[-1]} are forbidden"
            )
            return [("spec", text)]
    elif kind in _SELECTED and spec.get("selector") != former.get("selector"):
        return [("spec.selector", "Invalid value: field is immutable")]
    elif kind is JOBS and not former.get("suspend") and spec["template"] != former["template"]:
        return [("spec.template", "Invalid value: field is immutable")]
    elif kind is PODS and _fixed(spec) != _fixed(former):
        text = (
            "Forbidden: pod updates may not change fields other than "
            "`spec.containers[*].image`,`spec.initContainers[*].image`,"
            "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
            "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
            "previously negative)"
        )
        return [("spec", text)]
    return []


def _fixed(spec: Json) -> Json:
    fixed = copy_of(spec)
    for field in ("tolerations", "activeDeadlineSeconds", "nodeName"):
        fixed.pop(field, None)
    for container in (*fixed.get("containers", ()), *fixed.get("initContainers", ())):
        container.pop("image", None)
    return fixed


def check_version(kind: Kind, name: str, wanted: str) -> None:
    """For what may not be updated without its resource version."""
    if not wanted and kind is LEASES:
        text = "Invalid value: 0: must be specified for an update"
        raise invalid(kind, name, ("metadata.resourceVersion", text))


def check_uid_fixed(kind: Kind, name: str, wanted: str, found: str) -> None:
    """A patch that names another UID: the wanted pin."""
    if wanted != found:
        text = f'Invalid value: "{wanted}": field is immutable'
        raise invalid(kind, name, ("metadata.uid", text))

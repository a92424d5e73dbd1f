"""An upgrade as a Job on the Node: its manifest, and how it ended. Pure."""

import hashlib
import re
from collections.abc import Sequence
from copy import deepcopy
from datetime import timedelta
from math import ceil
from typing import Any, Final

from adapters.kubernetes.client.api import Json
from controller.tasks import JobResult

JOB_LABEL: Final = "poolroll.dev/job"
KEY: Final = "poolroll.dev/key"
KEPT_FOR: Final = timedelta(days=7)
"""After its end: a Job that is gone cannot be joined any more."""
_RESTARTS: Final = 6
"""For who restarts its containers: what Kubernetes allows by default."""


def name_of(key: str, node: str) -> str:
    """The same key is the same Job."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    place = re.sub(r"[^a-z0-9-]+", "-", node.lower())[:40].strip("-")
    return f"poolroll-{place}-{digest}" if place else f"poolroll-{digest}"


def manifest(key: str, node: str, template: Json, timeout: timedelta) -> Json:
    """A Job whose pod runs on that Node, cordoned as it is, once. `template`: of the pod."""
    pod = deepcopy(template)
    meta, spec = pod.setdefault("metadata", {}), pod.setdefault("spec", {})
    name = name_of(key, node)
    ours = {JOB_LABEL: name}
    meta["labels"] = {**(meta.get("labels") or {}), **ours}
    spec["nodeName"] = node
    spec.setdefault("restartPolicy", "Never")
    spec.setdefault("tolerations", [{"operator": "Exists"}])
    for container in spec.get("containers") or ():
        container.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": ours, "annotations": {KEY: key}},
        "spec": {
            "backoffLimit": 0 if spec["restartPolicy"] == "Never" else _RESTARTS,
            "podReplacementPolicy": "Failed",
            "activeDeadlineSeconds": max(1, ceil(timeout.total_seconds())),
            "ttlSecondsAfterFinished": int(KEPT_FOR.total_seconds()),
            "template": pod,
        },
    }


def end_of(job: Json, pods: Sequence[Json], waited_for: str = "") -> JobResult | None:
    """How it ended; None: it has not. `waited_for`: why it did not begin, as last seen."""
    for condition in (job.get("status") or {}).get("conditions") or ():
        if condition.get("status") != "True":
            continue
        said = _said(pods)
        if condition["type"] == "Complete":
            return JobResult(exit_code=0, output=said)
        if condition["type"] != "Failed":
            continue
        reason = " ".join(filter(None, (condition.get("reason"), condition.get("message"))))
        output = "\n".join(filter(None, (said, waited_for, f"the Job failed: {reason}")))
        if condition.get("reason") == "DeadlineExceeded":
            return JobResult(timed_out=True, output=output)
        codes = [state["exitCode"] for state in _ended(pods) if state.get("exitCode")]
        if codes:
            return JobResult(exit_code=codes[-1], output=output)
        return JobResult(lost=True, output=output)
    return None


def waits_for(pods: Sequence[Json]) -> str:
    """Why its containers do not begin, or begin again: an image that cannot be pulled, say."""
    for state in _states(pods):
        waiting = state.get("waiting") or {}
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            said = waiting.get("message")
            return str(waiting["reason"]) + (f": {said}" if said else "")
    return ""


def _said(pods: Sequence[Json]) -> str:
    """The last lines of its containers, where the API gives them."""
    return "\n".join(state["message"].rstrip() for state in _ended(pods) if state.get("message"))


def _ended(pods: Sequence[Json]) -> list[Any]:
    return [state["terminated"] for state in _states(pods) if state.get("terminated")]


def _states(pods: Sequence[Json]) -> list[Any]:
    """Of all containers, in the order in which their pods were made."""
    in_order = sorted(pods, key=lambda pod: pod["metadata"].get("creationTimestamp") or "")
    statuses = [pod.get("status") or {} for pod in in_order]
    return [
        container.get("state") or {}
        for status in statuses
        for kind in ("initContainerStatuses", "containerStatuses")
        for container in status.get(kind) or ()
    ]

"""What ReplicaSets say of the revisions of their Deployment. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from adapters.kubernetes.pod import annotations_of, labels_of
from adapters.kubernetes.pods.patches import is_same

Json = dict[str, Any]

HASH: Final = "pod-template-hash"
"""Label of a ReplicaSet and of its pods."""
REVISION: Final = "deployment.kubernetes.io/revision"
HELD: Final = 2_592_000
"""`minReadySeconds` that no pod reaches: 30 days. The deadline of the progress must be greater, and
may not be the largest number, which would switch it off."""


def hash_of(found: Json) -> str:
    return labels_of(found).get(HASH, "")


def template_of(found: Json) -> Json:
    """As the Deployment had it: without the label that tells its pods apart."""
    template: Json = found["spec"]["template"]
    meta = template.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH}
    return {**template, "metadata": {**meta, "labels": labels}}


def replicas_of(found: Json) -> int:
    """How many pods it is to have."""
    return int(found["spec"].get("replicas", 1))


def size_of(found: Json) -> int:
    """How many pods it has; none of one that is not there."""
    return int((found.get("status") or {}).get("replicas", 0))


def is_counted_anew(found: Json) -> bool:
    """Whether it counts its pods under the `minReadySeconds` that holds: none is available."""
    status = found.get("status") or {}
    return bool(
        found["spec"].get("minReadySeconds") == HELD
        and status.get("observedGeneration", 0) >= found["metadata"].get("generation", 0)
        and not status.get("availableReplicas")
    )


def with_template(found: Sequence[Json], template: Json) -> Json | None:
    """The newest one that has this template."""
    for one in _newest_first(found):
        if is_same(template_of(one), template):
            return one
    return None


def before(found: Sequence[Json], template: Json) -> Json | None:
    """The template of the newest one that has another."""
    for one in _newest_first(found):
        if not is_same(template_of(one), template):
            return template_of(one)
    return None


def failure_of(found: Json) -> str:
    """Why it cannot make a pod; empty: it does not say so."""
    for one in (found.get("status") or {}).get("conditions") or ():
        if one.get("type") == "ReplicaFailure" and one.get("status") == "True":
            return str(one.get("message") or one.get("reason") or "no reason given")
    return ""


def _newest_first(found: Sequence[Json]) -> list[Json]:
    return sorted(found, key=lambda one: -int(annotations_of(one).get(REVISION) or 0))

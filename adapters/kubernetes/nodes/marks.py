"""What poolroll writes on a Node: cordon, label, annotations; and what it reads from them. Pure.

poolroll.dev/cordoned   "draining TOKEN" or "out TOKEN": the cordon is ours, and how far it is;
                        TOKEN names the process that wrote it last
poolroll.dev/before     the Node before its steps: see `proof.Before`

The label for load balancers outside is ours where its value is `poolroll`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from adapters.kubernetes.client.api import Json
from controller.core.pool import Admin

CORDONED: Final = "poolroll.dev/cordoned"
BEFORE: Final = "poolroll.dev/before"
EXCLUDE_LABEL: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
MANAGER: Final = "poolroll"


class Stage(StrEnum):
    DRAINING = "draining"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Mark:
    """A cordon of ours."""

    stage: Stage
    token: str

    def __str__(self) -> str:
        return f"{self.stage} {self.token}"


def slim(node: Json) -> Json:
    """Without what takes most of it: its images, and who wrote which field but the cordon."""
    (node.get("status") or {}).pop("images", None)
    node["metadata"]["managedFields"] = [
        entry for entry in node["metadata"].get("managedFields") or () if _has_cordon(entry)
    ]
    return node


def _has_cordon(entry: Json) -> bool:
    return "f:unschedulable" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})


def annotations_of(node: Json) -> dict[str, str]:
    return node["metadata"].get("annotations") or {}


def _labels(node: Json) -> dict[str, str]:
    return node["metadata"].get("labels") or {}


def is_cordoned(node: Json) -> bool:
    return bool(node["spec"].get("unschedulable"))


def mark_of(node: Json) -> Mark | None:
    """None: it is not cordoned, or by somebody else."""
    stage, _, token = annotations_of(node).get(CORDONED, "").partition(" ")
    if not is_cordoned(node) or stage not in tuple(Stage) or _is_somebody_elses(node):
        return None
    return Mark(Stage(stage), token)


def _is_somebody_elses(node: Json) -> bool:
    """Whether the cordon has another owner: ours was ended by hand, and another one began. Its
    annotation stays then."""
    owners = [
        entry.get("manager", "")
        for entry in node["metadata"].get("managedFields") or ()
        if _has_cordon(entry)
    ]
    return bool(owners) and MANAGER not in owners


def admin_of(node: Json) -> Admin:
    if not is_cordoned(node):
        return Admin.READY
    mark = mark_of(node)
    return Admin.DRAINING if mark is not None and mark.stage is Stage.DRAINING else Admin.OUT


# --- what to write: merge patches, held to the version that was read -----------------------------


def cordon(node: Json, mark: Mark, *, exclude: bool) -> Json:
    """Takes the Node out of what schedulers, and load balancers outside, use."""
    changes: dict[str, Any] = {"annotations": {CORDONED: str(mark)}}
    if exclude and EXCLUDE_LABEL not in _labels(node):
        changes["labels"] = {EXCLUDE_LABEL: MANAGER}
    return _patch(node, changes) | {"spec": {"unschedulable": True}}


def uncordon(node: Json) -> Json | None:
    """Takes back what is ours; None: nothing is."""
    changes: dict[str, Any] = {}
    if notes := [key for key in (CORDONED, BEFORE) if key in annotations_of(node)]:
        changes["annotations"] = dict.fromkeys(notes)
    if _labels(node).get(EXCLUDE_LABEL) == MANAGER:
        changes["labels"] = {EXCLUDE_LABEL: None}
    if mark_of(node) is not None:
        return _patch(node, changes) | {"spec": {"unschedulable": None}}
    return _patch(node, changes) if changes else None


def note(node: Json, annotation: str, text: str) -> Json:
    return _patch(node, {"annotations": {annotation: text}})


def _patch(node: Json, changes: dict[str, Any]) -> Json:
    meta = node["metadata"]
    return {"metadata": {"resourceVersion": meta["resourceVersion"], **changes}}

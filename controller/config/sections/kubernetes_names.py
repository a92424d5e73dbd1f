"""Types of values for pools in Kubernetes: names, keys of labels, patches."""

from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from controller.config.text.places import shown
from controller.config.text.scalars import Wrong
from controller.pools.kubernetes import ROTATION_LABEL, is_label, is_label_key, workload_fault


def _named(value: object) -> str:
    if not isinstance(value, str) or not is_label(value):
        raise Wrong(
            f"{shown(value)} is not a name in Kubernetes; use lower-case letters, digits and '-', "
            "at most 63"
        )
    return value


def _workload(value: object) -> str:
    fault = workload_fault(value) if isinstance(value, str) else "write it like statefulset/web"
    if fault is not None:
        raise Wrong(f"{shown(value)} is not a workload; {fault}")
    return str(value)


def _label_key(value: object) -> str:
    if not isinstance(value, str) or not is_label_key(value):
        raise Wrong(f"{shown(value)} is not the key of a label; write it like {ROTATION_LABEL}")
    return value


Name = Annotated[
    str,
    BeforeValidator(_named),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}),
]
Workload = Annotated[
    str,
    BeforeValidator(_workload),
    WithJsonSchema({"type": "string", "pattern": "^(statefulset|daemonset|deployment)/.+$"}),
]
LabelKey = Annotated[str, BeforeValidator(_label_key), WithJsonSchema({"type": "string"})]


def _is_json(value: object) -> bool:
    match value:
        case dict():
            return all(map(_is_json, value.values()))
        case list():
            return all(map(_is_json, value))
        case float():
            return isfinite(value)
    return True


def _tree(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise Wrong("is not a patch; write keys and values as in the pod template, from `spec` on")
    if not _is_json(value):
        raise Wrong("has a number that is not finite; put it in quotes")
    return value


Tree = Annotated[dict[str, Any], BeforeValidator(_tree), WithJsonSchema({"type": "object"})]
"""Keys and values of Kubernetes' own, which only its API server can check."""

EXPECTED = (
    "boot_id",
    "kubelet_version",
    "kernel_version",
    "os_image",
    "container_runtime_version",
)
"""What a Node can be expected to show: fields of its `status.nodeInfo`."""

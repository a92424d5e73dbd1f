"""The shape of what the API answers, checked where it enters: whatever reads an object later finds
texts, numbers and lists where the API's types have them, or nothing.

Null stands for nothing anywhere, as in the API itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.words import not_the_api
from controller import foreign

_TEXTS: Final = {"*": str}
_META: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "deletionTimestamp"), str),
    **dict.fromkeys(("creationTimestamp", "continue", "generateName"), str),
    **{"labels": _TEXTS, "annotations": _TEXTS, "generation": int, "finalizers": [str]},
    "ownerReferences": [{"kind!": str, "name!": str, "uid!": str, "controller": bool}],
}
_CONDITION: Final = {"type!": str, "status!": str, "reason": str, "message": str}
_CONTAINER: Final = {
    **{"name": str, "image": str, "restartCount": int, "ready": bool},
    **{"ports": [{"name": str, "containerPort!": int}], "state": {"*": {}}, "lastState": {"*": {}}},
}
_COUNTS: Final = (
    *("replicas", "readyReplicas", "updatedReplicas", "availableReplicas", "currentReplicas"),
    *("unavailableReplicas", "observedGeneration", "numberReady", "desiredNumberScheduled"),
    *("updatedNumberScheduled", "currentHealthy", "desiredHealthy", "disruptionsAllowed"),
)
SHAPE: Final[Mapping[str, Any]] = {
    "metadata": _META,
    "spec": {
        **{"nodeName": str, "replicas": int, "unschedulable": bool, "paused": bool},
        **{"containers": [_CONTAINER], "taints": [{"key": str, "effect": str, "value": str}]},
        **{"holderIdentity": str, "leaseDurationSeconds": int, "providerID": str},
    },
    "status": {
        **dict.fromkeys(_COUNTS, int),
        **{"podIP": str, "phase": str, "conditions": [_CONDITION], "nodeInfo": _TEXTS},
        **{"addresses": [{"type!": str, "address!": str}], "containerStatuses": [_CONTAINER]},
    },
    "endpoints": [{"targetRef": {"kind": str, "uid": str, "name": str}, "conditions": {"*": bool}}],
    "data": {},
}
STATUS: Final[Mapping[str, Any]] = {
    **{"metadata": _META, "status": str, "message": str, "reason": str, "code": int, "details": {}}
}
"""How a call ended, in a word, where it answers with no object."""


def checked(call: Call, found: Mapping[str, Any]) -> None:
    """Of an object of a list or a watch. Raises ApiError."""
    shaped(call, found)
    meta = found.get("metadata")
    if not isinstance(meta, dict) or not meta.get("name") or not meta.get("uid"):
        raise not_the_api(call, "an object without a name")
    try:
        foreign.server_name(meta["name"])
    except ValueError as error:
        raise not_the_api(call, f"a name that {error}") from None


def shaped(call: Call, found: Mapping[str, Any]) -> None:
    """Of any answer: of an eviction or a deletion that is a Status. Raises ApiError."""
    shape = STATUS if found.get("kind") == "Status" else SHAPE
    if (fault := misfit(found, shape)) is not None:
        raise not_the_api(call, f"{fault} is not of its type")


def misfit(value: object, shape: Any, path: str = "") -> str | None:
    """The path of the first part that is not as it should be."""
    if value is None:
        return None
    match shape:
        case type():
            return None if _is(value, shape) else path
        case [inner]:
            return _of_list(value, inner, path)
        case _:
            return _of_mapping(value, shape, path)


def _is(value: object, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < foreign.MOST
    return isinstance(value, kind)


def _of_list(value: object, inner: Any, path: str) -> str | None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return path
    for at, one in enumerate(value):
        place = f"{path}[{at}]"
        if one is None or (fault := misfit(one, inner, place)) is not None:
            return place if one is None else fault
    return None


def _of_mapping(value: object, shape: Mapping[str, Any], path: str) -> str | None:
    if not isinstance(value, dict):
        return path
    every = shape.get("*")
    for key in value if every is not None else ():
        if (fault := misfit(value[key], every, f"{path}.{key}")) is not None:
            return foreign.shown(fault)
    for name, inner in shape.items():
        key = name.rstrip("!")
        part = value.get(key)
        if part is None:
            if key != name:
                return f"{path}.{key}".lstrip(".")
        elif (
            name != "*"
            and (type(part) is not inner or inner is int)
            and (fault := misfit(part, inner, f"{path}.{key}".lstrip("."))) is not None
        ):
            return fault
    return None

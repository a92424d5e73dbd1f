"""How lists merge: by the keys that the API's types declare, by the name of the field."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

KEYS: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "containers": [["name"]],
    "initContainers": [["name"]],
    "ephemeralContainers": [["name"]],
    "volumes": [["name"]],
    "env": [["name"]],
    "volumeMounts": [["mountPath"]],
    "volumeDevices": [["devicePath"]],
    "imagePullSecrets": [["name"]],
    "hostAliases": [["ip"]],
    "ports": [["containerPort", "protocol"], ["port", "protocol"]],
    "conditions": [["type"]],
    "ownerReferences": [["uid"]],
    "addresses": [["type"]],
}
"""Alternatives: the first whose first key every item has."""

PATCH_ONLY: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "taints": [["key"]],
    "readinessGates": [["conditionType"]],
    "topologySpreadConstraints": [["topologyKey"]],
}
"""Merged by strategic patches, atomic in a server-side apply."""

SETS: Final = frozenset({"finalizers"})
ATOMIC_MAPS: Final = frozenset({"selector", "nodeSelector"})


def keys_of(field: str, *lists: object, is_patch: bool = True) -> Sequence[str]:
    """Keys by which items of the list in `field` are the same; none: the list is atomic."""
    items = [item for one in lists if isinstance(one, list) for item in one]
    choices = KEYS.get(field, ()) or (PATCH_ONLY.get(field, ()) if is_patch else ())
    for keys in choices:
        if items and all(isinstance(item, dict) and keys[0] in item for item in items):
            return keys
    return ()


def identity(item: Mapping[str, Any], keys: Sequence[str]) -> str:
    """`k:{…}` of a managed field; TCP where a protocol is left out."""
    found = {key: item.get(key, "TCP" if key == "protocol" else None) for key in keys}
    return "k:" + json.dumps(found, separators=(",", ":"))

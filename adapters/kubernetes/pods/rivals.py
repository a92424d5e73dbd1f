"""Who wrote a field, by the `managedFields` of the object. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.kubernetes.client.api import MANAGER

Json = dict[str, Any]


def writer_of(found: Json, path: str) -> str:
    """The manager that has the field now, and since when: "argocd-controller at …"; empty: not
    known. `path`: dotted, from the top of the object."""
    entries = [one for one in found["metadata"].get("managedFields") or () if _has(one, path)]
    others = [one for one in entries if one.get("manager") != MANAGER]
    if not others:
        return ""
    last = sorted(others, key=lambda one: str(one.get("time") or ""))[-1]
    at = f" at {last['time']}" if last.get("time") else ""
    return f"{last.get('manager') or 'somebody'}{at}"


def _has(entry: Mapping[str, Any], path: str) -> bool:
    fields: Any = entry.get("fieldsV1") or {}
    for part in path.split("."):
        fields = fields.get(f"f:{part}") if isinstance(fields, dict) else None
        if fields is None:
            return False
    return True


def said(kind: str, found: Json, paths: Sequence[str]) -> str:
    """That somebody else changed these fields, in one line. `kind`: as in `statefulset/web`."""
    if not paths:
        return ""
    who = next((one for path in paths if (one := _near(found, path))), "somebody else")
    what = ", ".join(paths)
    return f"{what} of {kind}/{found['metadata']['name']} was changed by {who}"


def _near(found: Json, path: str) -> str:
    """Of the field, or else of what it is a part of: whoever replaced that took it away."""
    parts = path.split(".")
    for count in range(len(parts), 1, -1):
        if who := writer_of(found, ".".join(parts[:count])):
            return who
    return ""

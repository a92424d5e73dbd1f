"""Fields of objects by path, and patches that set them. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def value_at(found: Json, path: str) -> Any:
    """None where a part of the path is absent."""
    at: Any = found
    for part in path.split("."):
        at = at.get(part) if isinstance(at, dict) else None
    return at


def setting(live: Json, fields: Mapping[str, Any]) -> Json:
    """The patch, merge or strategic, by which each path of `live` gets exactly its value; None:
    absent."""
    patch: Json = {}
    for path, value in fields.items():
        *parents, last = path.split(".")
        at = patch
        for part in parents:
            at = at.setdefault(part, {})
        at[last] = difference(value_at(live, path), value)
    return patch


def difference(live: Any, wanted: Any) -> Any:
    """The patch from one to the other: what is to go is null, whole lists are replaced."""
    if not isinstance(live, dict) or not isinstance(wanted, dict):
        return wanted
    gone = {key: None for key in live if key not in wanted}
    changed = {
        key: difference(live.get(key), value)
        for key, value in wanted.items()
        if live.get(key) != value
    }
    return {**gone, **changed}


def is_same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: the API adds nulls and drops empty parts."""
    return bool(plain(one) == plain(other))


def plain(value: Any) -> Any:
    """Without what says nothing."""
    if isinstance(value, dict):
        parts = {key: plain(one) for key, one in value.items() if key != "$patch"}
        return {key: one for key, one in parts.items() if one not in (None, {}, [])}
    return [plain(one) for one in value] if isinstance(value, list) else value


def digest(value: Any) -> str:
    """The same for values that mean the same."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]

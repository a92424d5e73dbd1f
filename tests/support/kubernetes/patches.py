"""The three patch types: RFC 7386 merge, RFC 6902 JSON patch, and Kubernetes' strategic merge."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.kubernetes.answers import StatusError, bad_request
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.lists import SETS, identity, keys_of


def merged(found: Any, patch: Any) -> Any:
    """A value null removes the key."""
    if not isinstance(patch, dict):
        return patch
    result = dict(found) if isinstance(found, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def strategic(found: Any, patch: Any, field: str = "") -> Any:
    """Lists of the API's types merge by their keys; `$patch: delete` and `replace`,
    `$deleteFromPrimitiveList/…`, `$setElementOrder/…` and `$retainKeys` as kubectl sends them."""
    if isinstance(patch, list):
        return _list(found if isinstance(found, list) else [], patch, field)
    if not isinstance(patch, dict):
        return patch
    result = dict(found) if isinstance(found, dict) else {}
    match patch.get("$patch"):
        case "replace":
            return {key: value for key, value in patch.items() if key != "$patch"}
        case "delete":
            return {}
    if (retained := patch.get("$retainKeys")) is not None:
        result = {key: value for key, value in result.items() if key in retained}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            name = key.partition("/")[2]
            result[name] = [one for one in result.get(name, ()) if one not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = strategic(result.get(key), value, key)
    return result


def _list(found: list[Any], patch: list[Any], field: str) -> list[Any]:
    if field in SETS:
        return found + [one for one in patch if one not in found]
    plain = [one for one in patch if one != {"$patch": "replace"}]
    keys = keys_of(field, found, plain)
    if len(plain) != len(patch) or not keys:
        return [strategic(None, one) for one in plain]
    key = keys[:1]
    result = {identity(one, key): one for one in found}
    for one in plain:
        name = identity(one, key)
        if one.get("$patch") == "delete":
            result.pop(name, None)
        else:
            result[name] = strategic(result.get(name), one)
    return list(result.values())


def json_patched(found: Json, operations: Sequence[Json]) -> Json:
    """Raises StatusError 422 for a `test` that fails, and a path that is not there."""
    result: Json = json.loads(json.dumps(found))
    for operation in operations:
        try:
            _carry_out(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            text = "the server rejected our request due to an error in our request"
            raise StatusError(422, "Invalid", text) from error
    return result


def _carry_out(root: Json, operation: Json) -> None:
    op, path = operation["op"], _pointer(operation["path"])
    match op:
        case "add" | "replace":
            _set(root, path, operation["value"], is_new=op == "add")
        case "remove":
            _take(root, path)
        case "test":
            if _read(root, path) != operation["value"]:
                raise ValueError("test failed")
        case "copy":
            _set(root, path, _read(root, _pointer(operation["from"])), is_new=True)
        case "move":
            _set(root, path, _take(root, _pointer(operation["from"])), is_new=True)
        case _:
            raise bad_request(f"Unexpected kind: {op}")


def _pointer(path: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _read(at: Any, path: Sequence[str]) -> Any:
    for part in path:
        at = at[int(part)] if isinstance(at, list) else at[part]
    return at


def _set(root: Json, path: Sequence[str], value: Any, *, is_new: bool) -> None:
    parent = _read(root, path[:-1])
    if isinstance(parent, list):
        if is_new:
            parent.insert(len(parent) if path[-1] == "-" else int(path[-1]), value)
        else:
            parent[int(path[-1])] = value
    else:
        if not is_new and path[-1] not in parent:
            raise KeyError(path[-1])
        parent[path[-1]] = value


def _take(root: Json, path: Sequence[str]) -> Any:
    parent = _read(root, path[:-1])
    return parent.pop(int(path[-1])) if isinstance(parent, list) else parent.pop(path[-1])

"""The rollout file of a demo's world: values in, YAML out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*|[0-9]+(?:ms|s|m|h|%)")
"""Texts that need no quotes, but for those that YAML takes for something else."""
WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid upon it: mappings key by key, all else replaced; a value of None
    takes the key away."""
    result = dict(base)
    for key, value in over.items():
        found = result.get(key)
        if isinstance(found, Mapping) and isinstance(value, Mapping):
            result[key] = merged(found, value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def rollout(
    endpoints: Sequence[str], backends: Sequence[str], members: int, tool: Sequence[str]
) -> dict[str, Any]:
    """A rollout v1→v2 in small times. `tool`: argv of `upgrade` for `${member.name}`."""
    return {
        "apiVersion": "poolroll/v1",
        "name": "demo",
        "vars": {"version": "v2"},
        "pool": {
            "haproxy": {"apis": list(endpoints), "backends": list(backends)},
            "members": {"expect": members},
        },
        "drain": {"timeout": "10s", "sticky": "300ms"},
        "upgrade": {
            "command": [*tool, "--to", "${vars.version}", "--wait"],
            "timeout": "30s",
            "unless": {"command": [*tool, "--is", "${vars.version}"], "go_on": [1]},
        },
        "rollback": {"command": [*tool, "--to", "${vars.version}"], "vars": {"version": "v1"}},
        "validate": [
            {
                "http": {
                    "url": "http://${member.address}:${member.port}/health",
                    "status": 200,
                    "contains": "${vars.version}",
                },
                "within": "10s",
            }
        ],
        "return": {"within": "10s"},
        "soak": "500ms",
    }


def to_yaml(values: Mapping[str, Any]) -> str:
    """Of values that JSON has. A library for all of YAML takes sixty times as long."""
    return "".join(f"{line}\n" for line in _lines(values, ""))


def _lines(value: Mapping[str, Any] | Sequence[Any], indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _has_lines(inner):
                yield f"{indent}{_scalar(key)}:"
                yield from _lines(inner, f"{indent}  " if isinstance(inner, Mapping) else indent)
            else:
                yield f"{indent}{_scalar(key)}: {_scalar(inner)}"
        return
    for item in value:
        if _has_lines(item):
            first, *rest = _lines(item, f"{indent}  ")
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        else:
            yield f"{indent}- {_scalar(item)}"


def _has_lines(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple) and len(value) > 0


def _scalar(value: object) -> str:
    """JSON is YAML (YAML 1.2, section 1.3)."""
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value)

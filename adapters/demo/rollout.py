"""The rollout file of a demo's world: values in, YAML out."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML


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
    yaml = YAML()
    yaml.width = 4096
    text = io.StringIO()
    yaml.dump(dict(values), text)
    return text.getvalue()

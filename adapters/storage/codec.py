"""Encodes values as text for the database, and decodes them."""

import json
from collections.abc import Mapping
from typing import Any

from controller.core.pool import Found, FoundLine, LineKey


def encode_sets(sets: Mapping[str, str]) -> str:
    return json.dumps(dict(sets))


def decode_sets(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()}


def encode_found(found: Found) -> str:
    return json.dumps(
        [
            {
                "instance": line.key.instance,
                "backend": line.key.backend,
                "weight": line.weight,
                "keep": dict(line.keep),
            }
            for line in found.lines
        ]
    )


def decode_found(text: str) -> Found:
    """Raises ValueError, KeyError or TypeError for anything `encode_found` did not write: a weight
    that was guessed would be restored."""
    lines = []
    for raw in json.loads(text):
        weight, keep = raw["weight"], _keep(raw)
        if type(weight) is not int or any(type(value) is not str for value in keep.values()):
            raise ValueError("weight must be a whole number, and what is kept must be text")
        key = LineKey(str(raw["instance"]), str(raw["backend"]))
        lines.append(FoundLine(key, weight, keep))
    return Found(tuple(lines))


def _keep(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Version 1 kept whether an agent check was on, and nothing else."""
    if "agent" not in raw:
        if type(raw["keep"]) is not dict:
            raise ValueError("what is kept must have names")
        return dict(raw["keep"])
    if type(raw["agent"]) is not bool:
        raise ValueError("agent must be true or false")
    return {"agent": "on"} if raw["agent"] else {}

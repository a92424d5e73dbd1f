"""What was found of a member that was taken out, as JSON. Pure."""

from collections.abc import Mapping
from typing import Any

from adapters.kubernetes.client.objects import Json
from controller.core.pool import Found, FoundLine, LineKey
from controller.records import Taken


def encode_taken(taken: Taken) -> Json:
    lines = [
        {
            "instance": line.key.instance,
            "backend": line.key.backend,
            "weight": line.weight,
            "keep": dict(line.keep),
        }
        for line in taken.found.lines
    ]
    return {"key": taken.key, "member": taken.member, "rollout": taken.rollout, "found": lines}


def decode_taken(raw: Mapping[str, Any]) -> Taken:
    """Raises ValueError, KeyError or TypeError for anything `encode_taken` did not write: a weight
    that was guessed would be restored."""
    lines = []
    for each in raw["found"]:
        weight, keep = each["weight"], dict(each["keep"])
        if type(weight) is not int or any(type(value) is not str for value in keep.values()):
            raise ValueError("weight must be a whole number, and what is kept must be text")
        key = LineKey(str(each["instance"]), str(each["backend"]))
        lines.append(FoundLine(key, weight, keep))
    found = Found(tuple(lines))
    return Taken(str(raw["key"]), str(raw["member"]), str(raw["rollout"]), found)

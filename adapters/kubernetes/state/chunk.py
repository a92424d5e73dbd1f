"""A chunk: the records of one rollout that follow each other, as values of one ConfigMap. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.objects import Json, version_of
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.outs import Outs
from adapters.kubernetes.state.values import put, size_of, values_of, without

ROOM: Final = 32 * 1024
"""Bytes of a chunk: a write costs as much as the object is large. One record may be larger."""

_ABOUT: Final = "chunk"
FILE: Final = "file"
"""The key of the rollout file, in the first chunk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    version: str
    """Of the ConfigMap that it was read from."""
    rollout: str
    """Empty: the ConfigMap holds nothing yet."""
    number: int
    """Within the rollout."""
    writer: str
    size: int
    values: Mapping[str, str]

    def is_of(self, rollout: str, number: int) -> bool:
        """Else it is what an earlier rollout left in that ConfigMap."""
        return (self.rollout, self.number) == (rollout, number)


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a chunk."""

    key: str
    text: str
    seq: int = 0
    moved: Outs | None = None


def read_chunk(found: Json) -> Chunk:
    """Raises StateError."""
    with journal_text.reading(f"ConfigMap {found.get('metadata', {}).get('name', '')}"):
        values = values_of(found)
        about = json.loads(values.pop(_ABOUT, "{}"))
        return Chunk(
            version_of(found),
            str(about.get("rollout", "")),
            int(about.get("number", 0)),
            str(about.get("writer", "")),
            size_of(found),
            values,
        )


def about(rollout: str, number: int, writer: str) -> str:
    return codec.as_text({"rollout": rollout, "number": number, "writer": writer})


def patch(version: str, items: Sequence[Item], told: str = "") -> Json:
    """Appends values. `told`: what the chunk says of itself from now on."""
    body: Json = {"metadata": {"resourceVersion": version}}
    if told:
        body["data"] = {_ABOUT: told}
    for item in items:
        put(body, item.key, item.text)
    return body


def fresh_patch(found: Json, items: Sequence[Item], told: str) -> Json:
    """Overwrites whatever is there."""
    body = patch(version_of(found), items, told)
    for part, values in without(found).items():
        body[part] = {**values, **body.get(part, {})}
    return body


def size(item: Item) -> int:
    return put({}, item.key, item.text)


def packed(items: Sequence[Item], room: int) -> list[list[Item]]:
    """Those that still go into `room`, which may be none, then those of each further chunk."""
    groups: list[list[Item]] = [[]]
    for item in items:
        room -= (needed := size(item))
        if room < 0:
            groups.append([])
            room = ROOM - needed
        groups[-1].append(item)
    return groups

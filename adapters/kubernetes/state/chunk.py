"""A chunk: the records of one rollout that follow each other, as values of one ConfigMap. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.kubernetes.objects import version_of
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.codec import Json
from adapters.kubernetes.state.outs import Outs, decode_outs, encode_outs
from controller.records import Record

ROOM: Final = 32 * 1024
"""Bytes of a chunk: a write costs as much as the object is large. One record may be larger."""

_ABOUT: Final = "chunk"
FILE: Final = "file"
"""The key of the rollout file, in the first chunk."""
_RECORD: Final = "r"


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
    with codec.reading(f"ConfigMap {found.get('metadata', {}).get('name', '')}"):
        values = codec.values(found)
        about = json.loads(values.pop(_ABOUT, "{}"))
        return Chunk(
            version_of(found),
            str(about.get("rollout", "")),
            int(about.get("number", 0)),
            str(about.get("writer", "")),
            codec.size_of(found),
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
        codec.put(body, item.key, item.text)
    return body


def fresh_patch(found: Json, items: Sequence[Item], told: str) -> Json:
    """Overwrites whatever is there."""
    body = patch(version_of(found), items, told)
    for part, values in codec.without(found).items():
        body[part] = {**values, **body.get(part, {})}
    return body


def size(item: Item) -> int:
    return codec.put({}, item.key, item.text)


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


# --- records -----------------------------------------------------------------------------------


def item_of(record: Record, moved: Outs) -> Item:
    told: Json = {
        "wall": codec.encode_wall(record.wall),
        "at": codec.encode_instant(record.at),
        "kind": record.kind,
    }
    if moved.taken or moved.over:
        told |= encode_outs(moved)
    body = codec.checked(record.body, f"the record {record.kind}")
    text = f"{codec.as_text(told)}\n{body}"
    return Item(f"{_RECORD}{record.seq:08}", text, record.seq, moved)


def records_of(chunk: Chunk, after: int = 0) -> list[Record]:
    """Raises StateError."""
    return [record for record, _ in read_records(chunk, after)]


def read_records(chunk: Chunk, after: int = 0) -> list[tuple[Record, Outs]]:
    """Those above `after`, oldest first, and what each changes in who is out. Raises StateError."""
    found = []
    with codec.reading(f"a record of rollout {chunk.rollout}"):
        for key, text in chunk.values.items():
            if key.startswith(_RECORD) and (seq := int(key.removeprefix(_RECORD))) > after:
                found.append(_read(chunk.rollout, seq, text))
    return sorted(found, key=lambda one: one[0].seq)


def _read(rollout: str, seq: int, text: str) -> tuple[Record, Outs]:
    told, _, body = text.partition("\n")
    raw = json.loads(told)
    record = Record(
        seq,
        rollout,
        codec.decode_wall(raw["wall"]),
        codec.decode_instant(int(raw["at"])),
        str(raw["kind"]),
        body,
    )
    return record, decode_outs(raw)

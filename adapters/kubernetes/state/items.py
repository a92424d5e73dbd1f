"""Records as values of a chunk. Pure."""

import json
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.chunk import Chunk, Item
from adapters.kubernetes.state.outs import Outs, decode_outs, encode_outs
from controller.records import Record

_RECORD: Final = "r"


def item_of(record: Record, moved: Outs) -> Item:
    told: Json = {
        "wall": journal_text.encode_wall(record.wall),
        "at": journal_text.encode_instant(record.at),
        "kind": record.kind,
        "hash": codec.encode_hash(record.hash),
    }
    if moved.taken or moved.over:
        told |= encode_outs(moved)
    body = journal_text.checked(record.body, f"the record {record.kind}")
    text = f"{codec.as_text(told)}\n{body}"
    return Item(f"{_RECORD}{record.seq:08}", text, record.seq, moved)


def records_of(chunk: Chunk, after: int = 0) -> list[Record]:
    """Raises StateError."""
    return [record for record, _ in read_records(chunk, after)]


def read_records(chunk: Chunk, after: int = 0) -> list[tuple[Record, Outs]]:
    """Those above `after`, oldest first, and what each changes in who is out. Raises StateError."""
    found = []
    with journal_text.reading(f"a record of rollout {chunk.rollout}"):
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
        journal_text.decode_wall(raw["wall"]),
        journal_text.decode_instant(int(raw["at"])),
        str(raw["kind"]),
        body,
        hash=codec.decode_hash(str(raw.get("hash", ""))),
    )
    return record, decode_outs(raw)

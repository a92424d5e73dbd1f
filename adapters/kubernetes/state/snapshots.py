"""A snapshot as a value of a chunk. Pure."""

import base64
import json
import zlib
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.chunk import Chunk
from controller.records import Snapshot

KEY: Final = "snapshot"
MOST: Final = 64 * 1024
"""Bytes, packed: it is written again with each record of its chunk. A larger one saves nothing."""
MOST_SUMMARY: Final = 4 * 1024
"""Letters of a summary: the head has one of each rollout."""


def snapshot_text(snapshot: Snapshot) -> str | None:
    """None: it is too large to be kept."""
    told = {"seq": snapshot.seq, "hash": snapshot.hash, "body": snapshot.body}
    packed = base64.b64encode(zlib.compress(codec.as_text(told).encode())).decode()
    return packed if len(packed) <= MOST else None


def snapshot_patch(version: str, text: str) -> Json:
    """In the place of a former one. It is packed whatever its length, so it has one place."""
    return {"metadata": {"resourceVersion": version}, "binaryData": {KEY: text}}


def snapshot_of(chunk: Chunk) -> Snapshot | None:
    """Raises StateError."""
    if KEY not in chunk.values:
        return None
    with journal_text.reading(f"the snapshot of rollout {chunk.rollout}"):
        raw = json.loads(chunk.values[KEY])
        return Snapshot(chunk.rollout, int(raw["seq"]), str(raw["hash"]), str(raw["body"]))

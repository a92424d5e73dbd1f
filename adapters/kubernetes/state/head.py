"""The head of a rollout name: its rollouts, where their records are, what operators ask. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from adapters.kubernetes.objects import version_of
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.codec import Json
from adapters.kubernetes.state.outs import Outs, decode_outs, encode_outs
from controller.errors import StateError
from controller.records import Request, RolloutRow, Verb

FORMAT: Final = 1
_STATE: Final = "state"
_ASKED: Final = "asked"
_ASK: Final = "ask-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rollout's records go on."""

    slot: int
    first: int
    """The number of its first record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rollout as its head lists it."""

    row: RolloutRow
    """Without the text of its file."""
    chunks: tuple[Place, ...]
    folded: int = 0
    """What records up to this number say of members that are out is in the head."""
    is_begun: bool = False
    """Its plan is written."""
    is_open: bool = True
    """Records may have come that are not folded."""
    order: int = 0
    """Rises with each rollout of the cluster."""


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    version: str = ""
    """Of the ConfigMap that it was read from."""
    writer: str = ""
    """Whoever wrote to it last as the one who runs a rollout."""
    seq: int = 0
    """No record that the head knows of has a higher number."""
    entries: tuple[Entry, ...] = ()
    """Oldest first."""
    outs: Outs = field(default_factory=Outs)
    asked: int = 0
    """The number of the last request."""
    asks: Mapping[str, str] = field(default_factory=dict)

    def entry(self, rollout: str) -> Entry | None:
        return next((one for one in self.entries if one.row.id == rollout), None)

    def with_entry(self, entry: Entry) -> "Head":
        """In the place of the one with its id, or as the newest."""
        if self.entry(entry.row.id) is None:
            return replace(self, entries=(*self.entries, entry))
        entries = [entry if one.row.id == entry.row.id else one for one in self.entries]
        return replace(self, entries=tuple(entries))

    def retained(self, most: int) -> "Head":
        """Without what never began, and with the newest `most` rollouts."""
        begun = [one for one in self.entries if one.is_begun]
        return replace(self, entries=tuple(begun[max(0, len(begun) - most) :]))

    def free_slots(self, count: int) -> list[int]:
        """The lowest that no rollout has."""
        used = {place.slot for one in self.entries for place in one.chunks}
        return [slot for slot in range(len(used) + count) if slot not in used][:count]

    @property
    def folded(self) -> dict[str, int]:
        return {one.row.id: one.folded for one in self.entries}

    @property
    def requests(self) -> Sequence[Request]:
        with codec.reading(f"a request to rollout {self.name}"):
            found = [_request(seq_of(key), json.loads(text)) for key, text in self.asks.items()]
        return sorted(found, key=lambda one: one.seq)


def seq_of(key: str) -> int:
    return int(key.rpartition("-")[2])


def ask_key(seq: int) -> str:
    return f"{_ASK}{seq:08}"


def read_head(found: Json) -> Head | None:
    """None for a ConfigMap that holds nothing yet. Raises StateError for one that no poolroll of
    this version wrote."""
    what = f"ConfigMap {found.get('metadata', {}).get('name', '')}"
    with codec.reading(what):
        values = codec.values(found)
        if _STATE not in values:
            return None
        raw = json.loads(values[_STATE])
        if int(raw["format"]) > FORMAT:
            raise StateError(
                f"the journal was written by a newer poolroll (format {raw['format']}, this one "
                f"knows {FORMAT}); use that one, or another state (--state)"
            )
        asks = {key: text for key, text in values.items() if key.startswith(_ASK)}
        return Head(
            name=str(raw["name"]),
            version=version_of(found),
            writer=str(raw["writer"]),
            seq=int(raw["seq"]),
            entries=tuple(_entry(each) for each in raw["rollouts"]),
            outs=decode_outs(raw),
            asked=max([int(values.get(_ASKED, "0")), *map(seq_of, asks)]),
            asks=asks,
        )


def head_patch(head: Head) -> Json:
    """What whoever runs a rollout writes; requests of rollouts that ended are forgotten."""
    raw = {
        "format": FORMAT,
        "name": head.name,
        "writer": head.writer,
        "seq": head.seq,
        "rollouts": [_encoded(one) for one in head.entries],
        **encode_outs(head.outs),
    }
    body: Json = {"metadata": {"resourceVersion": head.version}}
    text = codec.as_text(raw)
    codec.put(body, _STATE, text)
    # A value moves between its two places with its length.
    other = "binaryData" if _STATE in body.get("data", {}) else "data"
    body.setdefault(other, {})[_STATE] = None
    return body


def forgetting(head: Head, body: Json) -> Json:
    """The same patch, and the requests of rollouts that are over are gone."""
    live = {one.row.id for one in head.entries if one.row.ended is None}
    for request in head.requests:
        if request.rollout not in live:
            for part in ("data", "binaryData"):
                body.setdefault(part, {})[ask_key(request.seq)] = None
    return body


def ask_patch(head: Head, request: Request, mark: str) -> Json:
    """What an operator writes. `mark`: tells it from every other one."""
    body: Json = {"metadata": {"resourceVersion": head.version}}
    body["data"] = {_ASKED: str(request.seq)}
    codec.put(body, ask_key(request.seq), ask_text(request, mark))
    return body


def ask_text(request: Request, mark: str) -> str:
    return codec.as_text(
        {
            "rollout": request.rollout,
            "verb": request.verb,
            "reason": request.reason,
            "by": request.by,
            "wall": codec.encode_wall(request.wall),
            "mark": mark,
        }
    )


def _request(seq: int, raw: Json) -> Request:
    wall: datetime = codec.decode_wall(raw["wall"])
    return Request(seq, raw["rollout"], Verb(raw["verb"]), raw["reason"], raw["by"], wall)


def _encoded(one: Entry) -> Json:
    return {
        **codec.encode_row(one.row),
        "chunks": [[place.slot, place.first] for place in one.chunks],
        "folded": one.folded,
        "is_begun": one.is_begun,
        "is_open": one.is_open,
        "order": one.order,
    }


def _entry(raw: Json) -> Entry:
    return Entry(
        codec.decode_row(raw),
        tuple(Place(int(slot), int(first)) for slot, first in raw["chunks"]),
        int(raw["folded"]),
        bool(raw["is_begun"]),
        bool(raw["is_open"]),
        int(raw["order"]),
    )

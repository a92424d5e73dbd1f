"""The head as a ConfigMap. Pure."""

import json
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.objects import Json, version_of
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.asks import ASK, ASKED, ask_key, requests_of, seq_of
from adapters.kubernetes.state.head import Entry, Head, Place
from adapters.kubernetes.state.outs import decode_outs, encode_outs
from adapters.kubernetes.state.values import put, values_of
from controller.errors import StateError

FORMAT: Final = 2
_STATE: Final = "state"


def read_head(found: Json) -> Head | None:
    """None for a ConfigMap that holds nothing yet. Raises StateError for one that no poolroll of
    this version wrote."""
    what = f"ConfigMap {found.get('metadata', {}).get('name', '')}"
    with journal_text.reading(what):
        values = values_of(found)
        if _STATE not in values:
            return None
        raw = json.loads(values[_STATE])
        if int(raw["format"]) > FORMAT:
            raise StateError(
                f"the journal was written by a newer poolroll (format {raw['format']}, this one "
                f"knows {FORMAT}); use that one, or another state (--state)"
            )
        asks = {key: text for key, text in values.items() if key.startswith(ASK)}
        return Head(
            name=str(raw["name"]),
            version=version_of(found),
            writer=str(raw["writer"]),
            seq=int(raw["seq"]),
            entries=tuple(_entry(each) for each in raw["rollouts"]),
            outs=decode_outs(raw),
            asked=max([int(values.get(ASKED, "0")), *map(seq_of, asks)]),
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
    put(body, _STATE, text)
    # A value moves between its two places with its length.
    other = "binaryData" if _STATE in body.get("data", {}) else "data"
    body.setdefault(other, {})[_STATE] = None
    return body


def forgetting(head: Head, body: Json) -> Json:
    """The same patch, and the requests of rollouts that are over are gone."""
    live = {one.row.id for one in head.entries if one.row.ended is None}
    for request in requests_of(head):
        if request.rollout not in live:
            for part in ("data", "binaryData"):
                body.setdefault(part, {})[ask_key(request.seq)] = None
    return body


def _encoded(one: Entry) -> Json:
    return {
        **codec.encode_row(one.row),
        "chunks": [[place.slot, place.first] for place in one.chunks],
        "folded": one.folded,
        "is_begun": one.is_begun,
        "is_open": one.is_open,
        "order": one.order,
        "hash": one.hash,
        "summary": one.summary,
        "summed": one.summed,
    }


def _entry(raw: Json) -> Entry:
    return Entry(
        codec.decode_row(raw),
        tuple(Place(int(slot), int(first)) for slot, first in raw["chunks"]),
        int(raw["folded"]),
        bool(raw["is_begun"]),
        bool(raw["is_open"]),
        int(raw["order"]),
        str(raw.get("hash", "")),
        str(raw.get("summary", "")),
        int(raw.get("summed", 0)),
    )

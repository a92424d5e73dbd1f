"""Requests of operators, as values of the head. Pure."""

import json
from collections.abc import Sequence
from typing import Final

from adapters import journal_text
from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.head import Head
from adapters.kubernetes.state.values import put
from controller.records import Request, Verb

ASKED: Final = "asked"
ASK: Final = "ask-"


def seq_of(key: str) -> int:
    return int(key.rpartition("-")[2])


def ask_key(seq: int) -> str:
    return f"{ASK}{seq:08}"


def requests_of(head: Head) -> Sequence[Request]:
    """Oldest first. Raises StateError."""
    with journal_text.reading(f"a request to rollout {head.name}"):
        found = [_request(seq_of(key), json.loads(text)) for key, text in head.asks.items()]
    return sorted(found, key=lambda one: one.seq)


def ask_patch(head: Head, request: Request, mark: str) -> Json:
    """What an operator writes. `mark`: tells it from every other one."""
    body: Json = {"metadata": {"resourceVersion": head.version}}
    body["data"] = {ASKED: str(request.seq)}
    put(body, ask_key(request.seq), ask_text(request, mark))
    return body


def ask_text(request: Request, mark: str) -> str:
    return codec.as_text(
        {
            "rollout": request.rollout,
            "verb": request.verb,
            "reason": request.reason,
            "by": request.by,
            "wall": journal_text.encode_wall(request.wall),
            "mark": mark,
        }
    )


def _request(seq: int, raw: Json) -> Request:
    wall = journal_text.decode_wall(raw["wall"])
    return Request(seq, raw["rollout"], Verb(raw["verb"]), raw["reason"], raw["by"], wall)

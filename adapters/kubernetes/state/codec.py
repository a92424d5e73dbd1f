"""Encodes values as text for ConfigMaps, and decodes them. Pure."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from adapters.journal_text import checked, decode_wall, encode_wall
from adapters.kubernetes.client.objects import Json
from controller.records import RolloutRow


def as_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode_hash(hash_: str) -> str:
    """Shorter than in hexadecimal: it stands in each record."""
    return base64.b64encode(bytes.fromhex(hash_)).decode().rstrip("=")


def decode_hash(text: str) -> str:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).hex()


def encode_row(row: RolloutRow) -> Json:
    """Without the text of its file, which stands in its first chunk."""
    return {
        "id": row.id,
        "name": row.name,
        "path": checked(row.path, "the path of the rollout file"),
        "sets": dict(row.sets),
        "started": encode_wall(row.started),
        "by": row.by,
        "ended": encode_wall(row.ended) if row.ended else None,
        "outcome": row.outcome,
        "exit_code": row.exit_code,
        "link": row.link,
        "pruned": row.pruned,
        "before": row.before,
    }


def decode_row(raw: Mapping[str, Any], file: str = "") -> RolloutRow:
    return RolloutRow(
        id=str(raw["id"]),
        name=str(raw["name"]),
        file=file,
        path=str(raw["path"]),
        sets={str(key): str(value) for key, value in raw["sets"].items()},
        started=decode_wall(raw["started"]),
        by=str(raw["by"]),
        ended=decode_wall(raw["ended"]) if raw["ended"] else None,
        outcome=raw["outcome"],
        exit_code=raw["exit_code"],
        link=str(raw.get("link", "")),
        pruned=str(raw.get("pruned", "")),
        before=str(raw.get("before", "")),
    )

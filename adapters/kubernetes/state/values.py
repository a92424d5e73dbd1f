"""Values of a ConfigMap: text, packed where that is worth it. Pure."""

import base64
import zlib
from typing import Final

from adapters.kubernetes.client.objects import Json

PACKED: Final = 4 * 1024
"""Longer texts are packed."""


def put(body: Json, key: str, text: str) -> int:
    """Add a value to the patch of a ConfigMap, packed where that is worth it; its size there."""
    if len(text) <= PACKED and all(letter.isprintable() or letter in "\n\t" for letter in text):
        body.setdefault("data", {})[key] = text
        return len(key) + len(text.encode())
    packed = zlib.compress(text.encode())
    body.setdefault("binaryData", {})[key] = base64.b64encode(packed).decode()
    return len(key) + len(packed)


def values_of(found: Json) -> dict[str, str]:
    """The values of a ConfigMap. Raises ValueError, zlib.error."""
    whole = {str(key): str(value) for key, value in (found.get("data") or {}).items()}
    for key, value in (found.get("binaryData") or {}).items():
        whole[str(key)] = zlib.decompress(base64.b64decode(value, validate=True)).decode()
    return whole


def size_of(found: Json) -> int:
    """Of all values of a ConfigMap."""
    data, packed = found.get("data") or {}, found.get("binaryData") or {}
    return sum(len(key) + len(value.encode()) for key, value in data.items()) + sum(
        len(key) + len(value) * 3 // 4 for key, value in packed.items()
    )


def without(found: Json) -> Json:
    """The patch that takes all values away."""
    return {
        part: dict.fromkeys(found[part])
        for part in ("data", "binaryData")
        if isinstance(found.get(part), dict)
    }

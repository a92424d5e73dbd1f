"""Answers as JSON, each version of an object encoded once, for whoever reads, lists or watches it:
objects of the store are never changed in place."""

from json import JSONEncoder
from typing import Any, Final

from tests.support.kubernetes.kinds import Json

_NOT_IN_LISTS: Final = ("kind", "apiVersion")
_ENCODER: Final = JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class Item(dict[str, Any]):
    """An object in a list. As measured: it says neither its kind nor its version."""

    def __init__(self, whole: Json) -> None:
        super().__init__((key, whole[key]) for key in whole if key not in _NOT_IN_LISTS)
        self.whole = whole


class Texts:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, bool], tuple[Json, str]] = {}

    def of(self, answer: Json) -> bytes:
        """Of an object, a list, or an event of a watch."""
        if isinstance(items := answer.get("items"), list):
            return self._around(answer, "items", f"[{','.join(map(self._object, items))}]")
        if isinstance(inner := answer.get("object"), dict):
            return self._around(answer, "object", self._object(inner))
        return self._object(answer).encode()

    def _around(self, answer: Json, part: str, text: str) -> bytes:
        rest = _ENCODER.encode({key: one for key, one in answer.items() if key != part})
        return f'{rest[:-1]},"{part}":{text}}}'.encode()

    def _object(self, obj: Json) -> str:
        whole = obj.whole if isinstance(obj, Item) else obj
        uid = (whole.get("metadata") or {}).get("uid")
        if not uid:
            return _ENCODER.encode(obj)
        key = uid, whole is not obj
        kept = self._kept.get(key)
        if kept is None or kept[0] is not whole:
            kept = self._kept[key] = whole, _ENCODER.encode(obj)
        return kept[1]

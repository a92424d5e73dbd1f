"""As much of protobuf as `kubectl auth can-i` needs: it knows no other way to ask."""

from collections.abc import Iterator
from typing import Final

from tests.support.kubernetes.kinds import Json

MAGIC: Final = b"k8s\x00"
_ATTRIBUTES: Final = {
    1: "namespace",
    2: "verb",
    3: "group",
    4: "version",
    5: "resource",
    6: "subresource",
    7: "name",
}


def access_review(raw: bytes) -> Json:
    """A SelfSubjectAccessReview, from its envelope."""
    review = _part(raw.removeprefix(MAGIC), 2)
    attributes = _part(_part(review, 2), 1)
    asked = {
        name: value.decode()
        for number, value in _fields(attributes)
        if (name := _ATTRIBUTES.get(number)) is not None
    }
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": asked} if attributes else {},
    }


def _part(raw: bytes, number: int) -> bytes:
    return next((value for found, value in _fields(raw) if found == number), b"")


def _fields(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each field that has a length; the others are passed over."""
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        if key & 7 == 2:
            length, at = _number(raw, at)
            yield key >> 3, raw[at : at + length]
            at += length
        else:
            _, at = _number(raw, at)


def _number(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at

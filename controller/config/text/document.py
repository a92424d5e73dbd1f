"""YAML → plain data, with line and column of every key and value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from controller.config.text.nodes import Items, Node, Pairs, Scalar, compose
from controller.config.text.places import Place, Trail, dotted
from controller.errors import Fault

MAX_BYTES = 1024 * 1024
"""Of a rollout file; ten thousand members with variables of their own fit in."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, object] = {
    **dict.fromkeys(("", "null", "Null", "NULL", "~"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


MERGE = "<<"
"""Merges the keys of another mapping (YAML, "Merge Key Language-Independent Type")."""


PATCHES: Final[frozenset[Trail]] = frozenset(
    (course, key) for course in ("upgrade", "rollback") for key in ("template", "job")
)
"""Where the keys and values are another system's own."""


@dataclass(frozen=True, slots=True)
class Document:
    text: str
    data: dict[str, object] | None
    """None: unreadable, and `faults` say why."""
    values: Mapping[Trail, Node]
    keys: Mapping[Trail, Scalar]
    faults: tuple[Fault, ...]
    empty: frozenset[Trail]
    """Keys without a value; `faults` has them already."""
    root: Node | None = None
    """The text as nodes, with what a merge or a doubled key has left out of `values`."""

    def fault(
        self, trail: Trail, message: str, *, at_key: bool = False, offset: int | None = None
    ) -> Fault:
        """`offset`: characters into the text of the value."""
        at = self._place(trail, at_key=at_key)
        if offset is not None:
            at = self._inside(trail, offset) or at
        return Fault(at.line, at.column, dotted(trail), message)

    def _place(self, trail: Trail, *, at_key: bool) -> Place:
        if at_key and trail in self.keys:
            return self.keys[trail].place
        if trail in self.values:
            return self.values[trail].place
        # A missing key: point at its section's key rather than at the section's first line.
        return self._place(trail[:-1], at_key=True) if trail else Place(1, 1)

    def _inside(self, trail: Trail, offset: int) -> Place | None:
        node = self.values.get(trail)
        if not isinstance(node, Scalar):
            return None
        quote = 0 if node.is_plain else 1
        begin = node.start + quote
        before = node.text[:offset]
        if self.text[begin : begin + offset] != before or "\n" in before:
            return None
        return Place(node.place.line, node.place.column + quote + offset)


def read(text: str) -> Document:
    """Never raises: errors are in the document's `faults`."""
    text = text.removeprefix("\ufeff")
    bad = _UNPRINTABLE.search(text)
    if bad is not None:
        return _nothing(
            text, _at(text, bad.start(), "this character is not allowed in text; remove it")
        )
    root, faults = compose(text)
    if root is None and faults:
        return _nothing(text, *faults)
    if root is None or (isinstance(root, Scalar) and not root.text):
        fault = Fault(1, 1, "", "the file is empty; `poolroll init haproxy` prints a starter file")
        return _nothing(text, fault, *faults)
    if not isinstance(root, Pairs):
        message = "a rollout file must be a mapping; start it with apiVersion: poolroll/v1"
        return _nothing(text, Fault(root.place.line, root.place.column, "", message), *faults)
    reading = _Reading(faults)
    data = reading.mapping(root, ())
    return Document(
        text,
        data,
        reading.values,
        reading.keys,
        tuple(reading.faults),
        frozenset(reading.empty),
        root,
    )


def meaning(scalar: Scalar) -> object:
    """The value of a scalar by the core schema (YAML 1.2.2, section 10.3.2)."""
    text = scalar.text
    if not scalar.is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > 18:
        return float(text) if _FLOAT.fullmatch(text) else text
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Reading:
    def __init__(self, faults: list[Fault]) -> None:
        self.values: dict[Trail, Node] = {}
        self.keys: dict[Trail, Scalar] = {}
        self.empty: set[Trail] = set()
        self.faults = faults

    def value(self, node: Node, trail: Trail) -> object:
        self.values[trail] = node
        match node:
            case Scalar():
                value = meaning(node)
                if value is None:
                    self._found_empty(node, trail)
                return value
            case Items():
                return [self.value(item, (*trail, at)) for at, item in enumerate(node.items)]
            case Pairs():
                return self.mapping(node, trail)

    def mapping(self, node: Pairs, trail: Trail) -> dict[str, object]:
        self.values[trail] = node
        data: dict[str, object] = {}
        merged: list[Pairs] = []
        for key, value in node.pairs:
            if not isinstance(key, Scalar):
                self._note(key.place, trail, "a key must be one word, not a list or a mapping")
                continue
            if key.is_plain and key.text == MERGE:
                merged += self._merged(value, (*trail, key.text))
                continue
            inner = (*trail, key.text)
            if key.text in data:
                first = self.keys[inner].place.line
                self._note(
                    key.place,
                    inner,
                    f"is given twice, first on line {first}; keep one of them",
                )
                continue
            self.keys[inner] = key
            data[key.text] = self.value(value, inner)
        for other in merged:
            self._merge(other, data, trail)
        return data

    def _merged(self, node: Node, trail: Trail) -> list[Pairs]:
        """The mappings that a merge key names, in order of precedence."""
        found = node.items if isinstance(node, Items) else (node,)
        mappings = [one for one in found if isinstance(one, Pairs)]
        if len(mappings) < len(found):
            self._note(
                node.place,
                trail,
                "merges mappings only; write *NAME of a mapping, or a list of them",
            )
        return mappings

    def _merge(self, node: Pairs, data: dict[str, object], trail: Trail) -> None:
        """Keys that `data` has already win. A merged key keeps the place where it is written."""
        nested: list[Pairs] = []
        for key, value in node.pairs:
            if not isinstance(key, Scalar):
                continue  # reported where it is written
            if key.is_plain and key.text == MERGE:
                nested += self._merged(value, (*trail, key.text))
            elif key.text not in data:
                inner = (*trail, key.text)
                self.keys[inner] = key
                data[key.text] = self.value(value, inner)
        for other in nested:
            self._merge(other, data, trail)

    def _found_empty(self, node: Scalar, trail: Trail) -> None:
        if node.text and trail[:2] in PATCHES and len(trail) > 2:
            return  # null, written out: a merge patch takes the key away
        self.empty.add(trail)
        key = self.keys.get(trail)
        at = key.place if key is not None and not node.text else node.place
        self._note(at, trail, "is empty; give it a value, or leave it out")

    def _note(self, at: Place, trail: Trail, message: str) -> None:
        self.faults.append(Fault(at.line, at.column, dotted(trail), message))


def _nothing(text: str, *faults: Fault) -> Document:
    return Document(text, None, {}, {}, faults, frozenset())


def _at(text: str, offset: int, message: str) -> Fault:
    lines = re.split("\r\n|\r|\n", text[:offset])
    return Fault(len(lines), len(lines[-1]) + 1, "", message)

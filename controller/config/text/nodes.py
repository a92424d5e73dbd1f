"""YAML text → a tree of nodes with line and column.

This module composes the parser's events itself, so that nesting, size and aliases are bounded, tags
are never acted upon, and every key keeps its place.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

from controller.config.text.places import Place
from controller.config.text.syntax import explain, place
from controller.errors import Fault

MAX_DEPTH = 32
"""The deepest key of a rollout file is five levels down."""
MAX_NODES = 100_000
"""Room for two variables for each of 10000 members; aliases count as what they stand for."""


@dataclass(frozen=True, slots=True)
class Scalar:
    place: Place
    text: str
    is_plain: bool
    """Not quoted and not a block: may mean a number, a truth value or nothing."""
    start: int
    """Offsets into the text."""
    end: int


@dataclass(frozen=True, slots=True)
class Items:
    place: Place
    items: tuple["Node", ...]
    size: int


@dataclass(frozen=True, slots=True)
class Pairs:
    place: Place
    pairs: tuple[tuple["Node", "Node"], ...]
    size: int


Node = Scalar | Items | Pairs


class _Unreadable(Exception):
    """The text cannot be read on from here."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.message)


def compose(text: str) -> tuple[Node | None, list[Fault]]:
    """The document in `text`, and its syntax faults.

    None: there is no document, or the faults say why it cannot be read.
    """
    composer = _Composer(text)
    try:
        return composer.document(), composer.faults
    except _Unreadable as error:
        return None, [*composer.faults, error.fault]


def size(node: Node) -> int:
    return 1 if isinstance(node, Scalar) else node.size


def scalars(node: Node | None) -> Iterator[Scalar]:
    """Every key and value in `node`; what an alias stands for, again."""
    match node:
        case Scalar():
            yield node
        case Items():
            for item in node.items:
                yield from scalars(item)
        case Pairs():
            for pair in node.pairs:
                for one in pair:
                    yield from scalars(one)


class _Composer:
    def __init__(self, text: str) -> None:
        self.faults: list[Fault] = []
        self._last = Place(1, 1)
        self._events = self._read(text)
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def _read(self, text: str) -> Iterator[Event]:
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._last = place(event.start_mark)
                yield event
        except MarkedYAMLError as error:
            raise _Unreadable(explain(error)) from None
        except (YAMLError, ValueError, OverflowError):
            # Numeric escapes beyond Unicode leave the library as bare errors without a place.
            raise self._stop(
                self._last, "YAML does not allow the text after this; check its escapes"
            ) from None

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    raise self._stop(
                        place(event.start_mark),
                        "a second document begins here; use one file for each rollout",
                    )
                if event.version is not None and tuple(event.version) != (1, 2):
                    self._note(Place(1, 1), "rollout files are YAML 1.2; remove the %YAML line")
            elif not isinstance(event, StreamStartEvent | DocumentEndEvent):
                root = self._node(event, 1) if isinstance(event, NodeEvent) else root
        return root

    def _node(self, event: Event, depth: int) -> Node:
        at = place(event.start_mark)
        if depth > MAX_DEPTH:
            raise self._stop(at, f"nested too deeply; no key is more than {MAX_DEPTH} levels down")
        if isinstance(event, AliasEvent):
            return self._alias(event, at)
        self._add(1, at)
        if getattr(event, "ctag", None) is not None:
            self._note(at, "YAML tags (!…) are not supported; remove the tag")
        node: Node
        if isinstance(event, ScalarEvent):
            node = Scalar(
                at,
                str(event.value),
                event.style is None,
                event.start_mark.index,
                event.end_mark.index,
            )
            self._check(node)
        elif isinstance(event, SequenceStartEvent):
            items = tuple(self._children(SequenceEndEvent, depth))
            node = Items(at, items, 1 + sum(map(size, items)))
        else:
            assert isinstance(event, MappingStartEvent)
            nodes = list(self._children(MappingEndEvent, depth))
            pairs = tuple(zip(nodes[::2], nodes[1::2], strict=True))
            node = Pairs(at, pairs, 1 + sum(map(size, nodes)))
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[str(anchor)] = node
        return node

    def _children(self, end: type[Event], depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _alias(self, event: AliasEvent, at: Place) -> Node:
        node = self._anchors.get(str(event.anchor))
        if node is None:
            raise self._stop(
                at,
                "no anchor of this name is defined above; "
                'put text that begins with "*" in quotes, like "*"',
            )
        self._add(size(node), at)
        return node

    def _add(self, count: int, at: Place) -> None:
        self._count += count
        if self._count > MAX_NODES:
            raise self._stop(
                at, f"too many keys and values (aliases expanded); the maximum is {MAX_NODES}"
            )

    def _check(self, scalar: Scalar) -> None:
        if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in scalar.text):
            self._note(
                scalar.place, "this text contains a NUL or half a character; remove the escape"
            )

    def _note(self, at: Place, message: str) -> None:
        self.faults.append(Fault(at.line, at.column, "", message))

    def _stop(self, at: Place, message: str) -> _Unreadable:
        return _Unreadable(Fault(at.line, at.column, "", message))

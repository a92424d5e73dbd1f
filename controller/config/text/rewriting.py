"""The text of a rollout file with other values in it, read back before it is used. Pure."""

import json
import re
from collections.abc import Mapping

from controller.config.text.document import Document, read
from controller.config.text.nodes import Scalar, scalars
from controller.config.text.places import Trail
from controller.redaction import blotted

Span = tuple[int, int]
"""Start and end of a value in the text. With an alias, one value has several places in the data."""

_ANCHOR = re.compile(r"&\S+\s+")
_COMMENT = re.compile(r"(?<!\S)#[^\r\n]*")
_BLOCK = re.compile(r"[|>]")


def rewritten(document: Document, shown: Mapping[Span, str]) -> str:
    """The text with the values of `shown`, and without the secrets of its comments. It has the same
    keys and lists, and is written as data where that cannot be done in its text."""
    result = _rewritten(document, shown)
    if result == document.text or _reads_as(document, shown, result):
        return result
    return json.dumps(_data(document, shown, document.data), indent=2, ensure_ascii=False) + "\n"


def is_block(source: str) -> bool:
    """Whether a value is written as a block, whose source holds its comments too."""
    anchor = _ANCHOR.match(source)
    return _BLOCK.match(source, anchor.end() if anchor else 0) is not None


def _rewritten(document: Document, shown: Mapping[Span, str]) -> str:
    text, at, parts = document.text, 0, []
    spans = {(scalar.start, scalar.end) for scalar in scalars(document.root)}
    for start, end in sorted(spans):
        parts.append(_without_secrets(text[at:start]))
        source = text[start:end]
        if (value := shown.get((start, end))) is not None:
            anchor = _ANCHOR.match(source)
            close = "\n" if source.endswith("\n") else ""
            source = f"{anchor.group() if anchor else ''}{_quoted(value)}{close}"
        parts.append(source)
        at = end
    return "".join([*parts, _without_secrets(text[at:])])


def _without_secrets(between: str) -> str:
    """Signs of YAML and comments, between two values."""
    return _COMMENT.sub(lambda found: blotted(found.group()), between)


def _quoted(text: str) -> str:
    signs = json.dumps(text, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in signs)


def _reads_as(document: Document, shown: Mapping[Span, str], result: str) -> bool:
    """Whether `result` has the keys and values of `document`, but for those of `shown`."""
    again = read(result)
    return (
        again.data is not None
        and [*again.keys] == [*document.keys]
        and _leaves(again, {}) == _leaves(document, shown)
    )


def _leaves(document: Document, shown: Mapping[Span, str]) -> dict[Trail, str]:
    return {
        trail: shown.get((node.start, node.end), node.text)
        for trail, node in document.values.items()
        if isinstance(node, Scalar)
    }


def _data(
    document: Document, shown: Mapping[Span, str], value: object, trail: Trail = ()
) -> object:
    """The data with the values of `shown`: what is kept where the text cannot be rewritten."""
    node = document.values.get(trail)
    match value:
        case dict():
            return {
                blotted(key): _data(document, shown, inner, (*trail, key))
                for key, inner in value.items()
            }
        case list():
            return [_data(document, shown, one, (*trail, at)) for at, one in enumerate(value)]
        case _ if isinstance(node, Scalar):
            return shown.get((node.start, node.end), value)
        case _:
            return value

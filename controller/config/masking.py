"""A rollout file's text without what may be secret in it. Pure.

Secret are the values of headers, passwords in addresses, and every variable that is named in
one of these.
"""

import re
from collections.abc import Iterator, Mapping

from controller.config.document import Document, read
from controller.config.nodes import Scalar
from controller.config.places import Trail
from controller.config.templating import mentions
from controller.config.trails import texts

MASK = "***"
_HEADERS = "validate.*.http.headers.*"
_ANCHOR = re.compile(r"&\S+\s+")
_USERINFO = re.compile(r"(://)[^/\s@\"']+@")


def masked(text: str, sets: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Both with `***` for what may be secret; what cannot be read as YAML is not shown at all."""
    document = read(text)
    if document.data is None:
        return MASK, dict.fromkeys(sets, MASK)
    names = set(_secret_names(document))
    spans = sorted(set(_spans(document, names)), reverse=True)
    result = document.text
    for start, end in spans:
        anchor = _ANCHOR.match(result, start, end)
        begin = anchor.end() if anchor else start
        close = "\n" if result[begin:end].endswith("\n") else ""
        result = f'{result[:begin]}"{MASK}"{close}{result[end:]}'
    result = _USERINFO.sub(rf"\1{MASK}@", result)
    return result, {
        name: MASK if f"vars.{name}" in names else value for name, value in sets.items()
    }


def _secret_names(document: Document) -> Iterator[str]:
    for _, value in texts(document.data, _HEADERS):
        yield from (mention.name or "" for mention in mentions(value))
    for scalar in document.values.values():
        if isinstance(scalar, Scalar):
            for match in _USERINFO.finditer(scalar.text):
                yield from (mention.name or "" for mention in mentions(match.group()))


def _spans(document: Document, names: set[str]) -> Iterator[tuple[int, int]]:
    for trail in _secret_trails(document, names):
        node = document.values.get(trail)
        if isinstance(node, Scalar):
            yield node.start, node.end


def _secret_trails(document: Document, names: set[str]) -> Iterator[Trail]:
    patterns = [_HEADERS]
    for name in names:
        kind, _, variable = name.rpartition("vars.")
        if variable and kind == "member.":
            patterns.append(f"pool.members.vars.*.{variable}")
        elif variable and not kind:
            patterns += [f"vars.{variable}", f"rollback.vars.{variable}"]
    for pattern in patterns:
        yield from (trail for trail, _ in texts(document.data, pattern))

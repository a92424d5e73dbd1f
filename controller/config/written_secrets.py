"""The secrets that stand in a rollout file or on the command line, by value. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from controller.config.masking import secret_names, secret_texts
from controller.config.text.document import Document
from controller.config.text.nodes import Scalar
from controller.config.text.places import Trail
from controller.config.text.templating import fill
from controller.config.values.filling import named
from controller.secrets import LONG, Secrets

_TEMPLATE: Final = re.compile(r"\$\{[^{}$]*\}")
_PART: Final = re.compile(r"[/?&=#]")
_TAIL: Final = re.compile(r"https?://[^/?#]*[/?#](.+)", re.DOTALL)


def written_secrets(document: Document, variables: Mapping[str, str]) -> Secrets:
    """`variables`: those of the file, after `--set`."""
    names = secret_names(document)
    values = {
        *(value for text in secret_texts(document) for value in _filled(text, named(variables))),
        *(value for name, value in named(variables).items() if name in names),
        *_variables(document, names),
    }
    return Secrets(frozenset({*values, *tails(values)}))


def tails(values: set[str]) -> Iterator[str]:
    """Of addresses that are secret: what comes after the host, and the parts of it that are no
    plain words."""
    for value in values:
        if (tail := _TAIL.fullmatch(value.strip())) is not None:
            yield tail[1]
            yield from (part for part in _PART.split(tail[1]) if _is_no_word(part))


def _is_no_word(part: str) -> bool:
    return len(part) >= LONG and not part.isalpha()


def _filled(text: str, known: Mapping[str, str]) -> Iterator[str]:
    """The secret, or where a member's variables are in it, the parts beside them."""
    try:
        yield fill(text, known)
    except KeyError:
        yield from _TEMPLATE.split(text)


def _variables(document: Document, names: set[str]) -> Iterator[str]:
    """Those of the way back and of members, too."""
    for trail, node in document.values.items():
        if isinstance(node, Scalar) and _is_named(trail, names):
            yield from _filled(node.text, {})


def _is_named(trail: Trail, names: set[str]) -> bool:
    match trail:
        case ("vars", name) | ("rollback", "vars", name):
            return f"vars.{name}" in names
        case ("pool", "members", "vars", _, name):
            return f"member.vars.{name}" in names
        case _:
            return False

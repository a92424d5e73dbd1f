"""The selectors in a query: which series it reads (grammar: Prometheus documentation, "Querying
basics"). The parser is imported once a query is asked: it is an extension module."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from promql_parser import Matcher, VectorSelector

_SIGNS: Final = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def selectors_in(query: str) -> tuple[str, ...]:
    """Plain selectors, without range, offset or `@`, each once. None where there are none, and
    where a dialect cannot be read: the server judges that."""
    import promql_parser

    found: list[VectorSelector] = []

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            node = node.vector_selector
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    try:
        promql_parser.walk(promql_parser.parse(query), pre_visit=visit)
    except ValueError:
        return ()
    return tuple(dict.fromkeys(text for one in found for text in _texts(one)))


def with_labels(selector: str, labels: Mapping[str, str]) -> str:
    """The selector of the one series with these labels, of those that `selector` matches."""
    more = ", ".join(f"{name}={_quoted(value)}" for name, value in labels.items())
    if not more:
        return selector
    if not selector.endswith("}"):
        return f"{selector}{{{more}}}"
    return f"{selector[:-1]}, {more}}}"


def _texts(one: "VectorSelector") -> Iterator[str]:
    """One for each alternative (`or` between matchers is VictoriaMetrics')."""
    for matchers in one.matchers.or_matchers or [one.matchers.matchers]:
        inside = ", ".join(map(_text, matchers))
        yield f"{one.name or ''}{{{inside}}}" if inside else one.name or ""


def _text(matcher: "Matcher") -> str:
    sign = _SIGNS[str(matcher.op).rpartition(".")[2]]
    return f"{matcher.name}{sign}{_quoted(matcher.value)}"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)

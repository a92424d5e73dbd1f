"""Properties of a PromQL expression, without evaluating it. Pure.

Grammar: Prometheus documentation, "Querying basics". Templates may still stand in the text.
"""

import re
from datetime import timedelta

_STRING = re.compile(r"""(?s)"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`""")
_TEMPLATE = re.compile(r"\$\{[^{}$]*\}")
_MATCHER = r'(?:[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*""|""(?:\s*(?:=~|!~|!=|=)\s*"")?)'
_MATCHERS = rf"\s*{_MATCHER}\s*(?:,\s*{_MATCHER}\s*)*(?:,\s*)?"
_SELECTOR = re.compile(
    rf"\s*(?:[a-zA-Z_:][a-zA-Z0-9_:]*\s*(?:\{{(?:{_MATCHERS}|\s*)\}})?|\{{{_MATCHERS}\}})\s*"
)
_LITERAL_RANGE = re.compile(r"\[\s*([0-9][a-z0-9]{0,20})\s*(?::[^\]]{0,40})?\]")
_IRATE = re.compile(r"\birate\s*\(")
_EXTRAPOLATED = re.compile(r"\b(?:increase|rate|delta)\s*\(")
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_ELSEWHEN = re.compile(r"\boffset\b|@")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\x22", "'": r"\x27", "\n": r"\n"})


def is_plain_selector(text: str) -> bool:
    """Whether `text` is like `up{job="haproxy"}`: no range, offset, function or operator."""
    return _SELECTOR.fullmatch(_bare(_TEMPLATE.sub("x", text))) is not None


def literal_ranges(query: str) -> tuple[str, ...]:
    """Ranges of a fixed length, like `5m` of `[5m]`."""
    return tuple(match.group(1) for match in _LITERAL_RANGE.finditer(_bare(query)))


def length(text: str) -> timedelta:
    """`1m30s`, as Prometheus writes it (its documentation, "Time durations")."""
    return timedelta(seconds=sum(int(n) * _SECONDS[unit] for n, unit in _PART.findall(text)))


def extrapolates(query: str) -> bool:
    """Whether it extends what the samples in a range show to the whole range (Prometheus
    documentation, "Query functions", `increase`)."""
    return _EXTRAPOLATED.search(_bare(query)) is not None


def asks_irate(query: str) -> bool:
    return _IRATE.search(_bare(query)) is not None


def has_range(query: str) -> bool:
    """Whether it has a range; a recorded series has none."""
    return "[" in _bare(query)


def looks_elsewhen(query: str) -> bool:
    """Whether a part of it is about another time than now (`offset`, `@`)."""
    return _ELSEWHEN.search(_bare(query)) is not None


def escaped(value: str) -> str:
    """`value` escaped for a string in single or double quotes.

    Quotes are escaped by number: a string in single quotes knows no escaped double quote
    (Prometheus documentation, "Querying basics", string literals: the rules of Go).
    """
    return value.translate(_ESCAPES)


def _bare(text: str) -> str:
    """`text` with its string literals emptied."""
    return _STRING.sub('""', text)

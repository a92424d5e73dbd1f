"""What a plain selector is: a metric with matchers, and nothing computed from it.

Grammar: Prometheus documentation, "Querying basics", time series selectors; since version 3 names
may also be quoted inside the braces.
"""

import re

_STRING = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
_MATCHER = rf"(?:(?:[a-zA-Z_][a-zA-Z0-9_]*|{_STRING})\s*(?:=~|!~|!=|=)\s*{_STRING}|{_STRING})"
_MATCHERS = rf"{_MATCHER}\s*(?:,\s*{_MATCHER}\s*)*(?:,\s*)?"
_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SELECTOR = re.compile(rf"\s*(?:{_NAME}\s*(?:\{{\s*(?:{_MATCHERS})?\}})?|\{{\s*{_MATCHERS}\}})\s*")


def is_plain_selector(text: str) -> bool:
    """Whether `text` is like `up{job="haproxy"}`: no range, offset, function or operator."""
    return _SELECTOR.fullmatch(text) is not None

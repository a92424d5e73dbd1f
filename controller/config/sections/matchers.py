"""Conditions on the labels of alerts, as Alertmanager writes them. Pure."""

import re
import warnings

from controller.config.text.places import shown
from controller.config.text.scalars import Wrong
from controller.core.gates.gate import Matcher
from controller.core.gates.patterns import Unknown, pattern_of

_FORM = re.compile(r"(?s)\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*")
_QUOTED = re.compile(r"""(?s)"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")
_BARE = re.compile(r"""[^\s"'`{},=~]+""")
_ESCAPE = re.compile(r"""\\(["'\\n])""")


def matcher_of(text: str) -> Matcher:
    """`severity="page"`, with one of = != =~ !~; bare words need no quotes. Raises Wrong."""
    form = _FORM.fullmatch(text)
    value = None if form is None else _value(form.group(3))
    if form is None or value is None:
        raise Wrong(
            f'{shown(text)} is not a matcher; write one condition, like severity="page", '
            "with one of = != =~ !~"
        )
    matcher = Matcher(form.group(1), form.group(2), value)
    check_pattern(matcher)
    return matcher


def check_pattern(matcher: Matcher) -> None:
    """Raises Wrong when the value of a =~ or !~ matcher is not a regular expression."""
    if "~" not in matcher.sign:
        return
    try:
        with warnings.catch_warnings():
            # Python and Alertmanager read a class like [[:alpha:]] differently.
            warnings.simplefilter("error", FutureWarning)
            re.compile(matcher.value)
            pattern_of(matcher.value)
    except Unknown as error:
        raise Wrong(f"{shown(matcher.value)} {error}") from None
    except (re.error, OverflowError, RecursionError, FutureWarning):
        raise Wrong(
            f"{shown(matcher.value)} is not a regular expression; check brackets and backslashes"
        ) from None


def _value(text: str) -> str | None:
    if (quoted := _QUOTED.fullmatch(text)) is not None:
        inner = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
        return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else found[1], inner)
    return text if _BARE.fullmatch(text) else None

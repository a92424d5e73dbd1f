"""YAML syntax errors in our own words, never the library's.

The text itself is not repeated, since it may hold a secret.
"""

from ruamel.yaml.error import MarkedYAMLError, StringMark

from controller.config.text.blank import is_blank, named
from controller.config.text.places import Place
from controller.errors import Fault

_AT_PROBLEM = (
    ("'\\t' that cannot start", "a tab cannot indent; use spaces"),
    ("cannot start any token", "text cannot begin with this character; put it in quotes"),
    (
        "mapping values are not allowed",
        '":" is not allowed here; check the indentation, or put the text in quotes',
    ),
    (
        "expected <block end>",
        "this does not fit the lines above it; check indentation and quotes",
    ),
    (
        "unknown escape character",
        'unknown escape in "…"; double the backslash, or use single quotes',
    ),
    ("undefined tag handle", "YAML tags (!…) are not supported; remove the tag"),
    ("expected '<document start>'", "the document ends here; remove what follows"),
)
_AT_CONTEXT = (
    ("scanning a quoted scalar", "this quote is never closed; close it"),
    ("scanning a double-quoted scalar", "this text in quotes is broken; check its escapes"),
    (
        "parsing a flow sequence",
        "this list is never closed, or text in it needs quotes; close it with ], "
        'and quote text with special characters, like "${member.host}"',
    ),
    (
        "parsing a flow mapping",
        "this mapping is never closed, or text in it needs quotes; close it with }, "
        'and quote text with special characters, like "${member.host}"',
    ),
    ("scanning an alias", 'an alias without a name; put text that begins with "*" in quotes'),
    ("scanning an anchor", 'an anchor without a name; put text that begins with "&" in quotes'),
    ("scanning a simple key", 'this key has no ":" after it; add it, or check the indentation'),
)
_RETYPE = "type this line again, with plain blanks"
_ELSE = "this is not YAML; check indentation, quotes and brackets here"


def explain(error: MarkedYAMLError) -> Fault:
    """A parser's error as a fault, at the more useful of its two places."""
    problem, context = str(error.problem), str(error.context)
    at_problem = error.problem_mark or error.context_mark
    for words, message in _AT_PROBLEM:
        if words in problem:
            return _fault(at_problem, message)
    for words, message in _AT_CONTEXT:
        if words in context:
            return _fault(error.context_mark or at_problem, message)
    return _fault(at_problem, _ELSE)


def place(mark: StringMark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _fault(mark: StringMark | None, message: str) -> Fault:
    at = place(mark) if mark is not None else Place(1, 1)
    if mark is not None and (unseen := _unseen(mark)) is not None:
        column, sign = unseen
        at, message = Place(at.line, column), f"{named(sign)} cannot be seen here; {_RETYPE}"
    return Fault(at.line, at.column, "", message)


def _unseen(mark: StringMark) -> tuple[int, str] | None:
    """Where in its line a character passes for a blank, or for nothing: text that was copied from a
    web page or a chat has them."""
    text = mark.buffer or ""
    line = text[text.rfind("\n", 0, mark.pointer) + 1 :].partition("\n")[0]
    found = ((at, sign) for at, sign in enumerate(line, 1) if not sign.isascii())
    return next((one for one in found if is_blank(one[1])), None)

"""The statements of a Python file, however deep: what defines, imports or stands by itself."""

import ast
from collections.abc import Iterator

_PARTS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement has others; an expression has none. See the grammar of `ast`."""


def statements(source: str) -> Iterator[ast.AST]:
    """And what holds some: the module, handlers and cases. `ast.walk` looks into each expression
    too, which takes ten times as long."""
    found: list[ast.AST] = [ast.parse(source)]
    for node in found:  # grows meanwhile
        yield node
        for part in _PARTS:
            found += getattr(node, part, ())

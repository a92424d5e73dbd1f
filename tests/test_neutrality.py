"""What runs a rollout speaks of no kind of pool: HAProxy's and Kubernetes' own words stand in
`adapters`, `controller.pools`, the rollout file and `init`."""

import ast
import io
import re
import tokenize
from pathlib import Path

import controller
from tests.support.statements import statements

HOME = Path(controller.__file__).parent
ROOMS = ("core", "ports", "records.py", "runner", "lifecycle", "journal", "preflight", "report")
WORDS = re.compile(
    r'haproxy|kubernetes|\bpods?\b|\bmaint\b|socket|backend "', re.IGNORECASE | re.ASCII
)


def modules() -> list[Path]:
    found: list[Path] = []
    for room in ROOMS:
        there = HOME / room
        found += sorted(there.rglob("*.py")) if there.is_dir() else [there]
    return found


def code_of(source: str) -> list[str]:
    """The lines without comments and docstrings, those of fields too."""
    lines = source.split("\n")
    spans = [
        (node.lineno, node.col_offset, node.end_lineno or 0, node.end_col_offset or 0)
        for node in statements(source)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ]
    spans += [
        (*token.start, *token.end)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    for first, start, last, end in spans:
        for number in range(first, last + 1):
            line = lines[number - 1]
            left = line[:start] if number == first else ""
            lines[number - 1] = left + (line[end:] if number == last else "")
    return lines


def test_speaks_of_no_kind_of_pool() -> None:
    """Another kind of pool must not need another branch, or another text, here."""
    sources = {path: path.read_text() for path in modules()}
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, source in sources.items()
        if WORDS.search(source)  # most never do: to take them apart takes seconds
        for number, line in enumerate(code_of(source), 1)
        if WORDS.search(line)
    ]
    assert found == []


def test_code_is_what_is_left() -> None:
    """Comments and docstrings may name a kind of pool; strings and names may not."""
    source = (
        '"""HAProxy."""\nx = f"haproxy {1}"  # pod\nclass A:\n    y: int\n    """A\n    pod."""'
    )
    code = code_of(source)
    assert [line.rstrip() for line in code[:4]] == [
        "",
        'x = f"haproxy {1}"',
        "class A:",
        "    y: int",
    ]
    assert [bool(WORDS.search(line)) for line in code] == [False, True, *[False] * 4]

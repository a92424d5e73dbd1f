"""The house stays one that a stranger finds the way in: small files, few rooms, no circles."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median
from typing import Final

import adapters
import controller
from tests.support.statements import statements

HOMES: Final = tuple(Path(str(package.__file__)).parent for package in (controller, adapters))
ROOT: Final = HOMES[0].parent
FILES: Final = sorted(path for home in HOMES for path in home.rglob("*.py"))
STANDS_ALONE: Final = "adapters.commands.helper"
"""Run by path, as a process of its own, with the modules that it imports and no others."""
LINES, FUNCTION, MEDIAN, ROOMS = 300, 60, 90, 12


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES: Final = {name_of(path): path for path in FILES}


def imports_of(path: Path) -> Iterator[str]:
    """Modules of ours that it imports, wherever in the file."""
    for node in statements(path.read_text("utf-8")):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in MODULES or node.module in MODULES:
                    yield inner if inner in MODULES else node.module


def too_long(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    if (long := len(text.splitlines())) > LINES:
        yield f"{name_of(path)} has {long} lines"
    for node in statements(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            long = (node.end_lineno or node.lineno) - node.lineno + 1
            if long > FUNCTION:
                yield f"{name_of(path)}.{node.name} has {long} lines"


def test_files_and_functions_are_small() -> None:
    """What does not fit on a few screens is taken apart."""
    assert [what for path in FILES for what in too_long(path)] == []


def test_the_helper_stands_alone() -> None:
    """What it imports of ours is beside it or one level above, and imports nothing else."""
    found = [STANDS_ALONE]
    for name in found:  # grows meanwhile
        found += [one for one in imports_of(MODULES[name]) if one not in found]
    here = MODULES[STANDS_ALONE].parent
    assert {MODULES[name].parent for name in found} <= {here, here.parent}
    assert not {name for name in found if MODULES[name].name == "__init__.py"}


def test_most_files_are_short() -> None:
    """Half of them have less than this many lines, those that only name a package left out."""
    sizes = [len(path.read_text("utf-8").splitlines()) for path in FILES]
    assert median(size for size in sizes if size > 10) <= MEDIAN


def test_the_core_has_few_rooms() -> None:
    """What one sees on opening it is no more than can be kept in mind."""
    core = HOMES[0] / "core"
    rooms = [
        path
        for path in core.iterdir()
        if (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"
    ]
    assert len([path for path in rooms if path.name != "__init__.py"]) <= ROOMS


def test_no_imports_in_a_circle() -> None:
    """Not even where a function imports late. Raises CycleError, which names the circle.

    A package's face imports its own modules; they may name the package, but not import it.
    """
    graph = {name: set(imports_of(path)) - {name} for name, path in MODULES.items()}
    TopologicalSorter(graph).prepare()

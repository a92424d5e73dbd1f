"""Every reason to halt that is in the code has an entry in the runbook."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
LEAST = 12
"""Letters of a message that tell it from others."""
PASSED_ON = {"failed"}
"""Functions that halt in the words of their callers, who are looked at instead."""


@cache
def _core() -> dict[Path, ast.Module]:
    """What is searched. It is read in the tests, not where they are collected: that is done by
    each of their processes."""
    paths = sorted((ROOT / "controller" / "core").rglob("*.py"))
    return {path: ast.parse(path.read_text("utf-8")) for path in paths}


def _halts() -> Iterator[tuple[str, ast.Call]]:
    """Each place that halts, or that hands the words for it on."""
    for path, module in _core().items():
        for function in ast.walk(module):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                    continue
                name = call.func.id
                if name == "failed" or (name == "Halted" and function.name not in PASSED_ON):
                    yield f"{path.name}:{call.lineno}", call


def _literals(node: ast.AST) -> list[str]:
    """The fixed pieces of a text, the longest first."""
    pieces = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
    texts = [piece.strip() for piece in pieces if isinstance(piece, str)]
    return sorted(texts, key=len, reverse=True)


@cache
def _named_texts() -> dict[str, str]:
    """Messages that stand under a name of their own, like OURS_ALONE."""
    found = {}
    for module in _core().values():
        for node in module.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                for target in node.targets:
                    if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                        found[target.id] = node.value.value
            if (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                found[node.target.id] = node.value.value
    return found


def _messages(call: ast.Call) -> list[str]:
    """What the message says for sure: pieces of SEEN and of LIMIT."""
    named = _named_texts()
    texts = []
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Name) and argument.id in named:
            texts.append(named[argument.id])
        texts += _literals(argument)
    return texts


def _is_told(text: str) -> bool:
    headings = re.findall(r"^### (.*)$", RUNBOOK, re.MULTILINE)
    return any(text in heading for heading in headings)


def test_halts_are_found() -> None:
    """The search finds them: the simplest ones, and as many as there are reasons."""
    halts = dict(_halts())
    assert len(halts) >= 15
    assert any("failed the health check of" in _messages(call) for call in halts.values())


def test_every_halt_has_an_entry() -> None:
    """What SEEN or LIMIT says stands in a heading of docs/runbook.md: there it is looked up."""
    missing = []
    for place, call in _halts():
        messages = _messages(call)
        long = [text for text in messages if len(text) >= LEAST]
        if long and not any(map(_is_told, long)):
            missing.append(f"{place}: none of {long} has an entry")
        elif not long and "gate" not in messages:
            missing.append(f"{place}: says nothing that could be looked up: {messages}")
    assert not missing
    assert _is_told("gate 'NAME'")


def test_every_entry_is_whole() -> None:
    """Each entry says what it means, what was left how, what to look at, and what to do next."""
    entries = re.split(r"^##+ ", RUNBOOK, flags=re.MULTILINE)
    reasons = [entry for entry in entries if "**Means**" in entry]
    assert len(reasons) >= 15
    for entry in reasons:
        for part in ("**Means**", "**Left**", "**Look at**", "**Next**"):
            assert part in entry, f"{part} is missing: {entry.partition(chr(10))[0]}"


def test_no_entry_is_left_over() -> None:
    """An entry for a message that the code no longer has would send people on a false trail."""
    said = "\n".join(path.read_text("utf-8") for path in (ROOT / "controller").rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", said)
    for heading in re.findall(r"^### (.*)$", RUNBOOK, re.MULTILINE):
        text = heading.strip("` ")
        if text.startswith("gate 'NAME'"):
            continue
        assert text in said or f"`{text}" in said, heading

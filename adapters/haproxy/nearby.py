"""Servers on the machine of their HAProxy: each machine has a `127.0.0.1` of its own. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from controller.core.pool import Line


def told_apart(lines: Iterable[Line], node: str) -> tuple[Line, ...]:
    """`node`: the name of the machine that this HAProxy is on, the same whichever way it is
    reached; empty where it does not tell."""
    return tuple(_of_node(line, node) if node and _is_near(line) else line for line in lines)


def _of_node(line: Line, node: str) -> Line:
    return replace(line, key=f"{line.key} on {node}")


def _is_near(line: Line) -> bool:
    there = line.occupant
    return there is not None and (there.address.startswith("127.") or there.address == "::1")

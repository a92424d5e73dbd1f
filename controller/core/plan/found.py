"""How members were found before anything is touched."""

from collections.abc import Sequence

from controller.core.pool import Admin, InstanceView, Line


def lines_of(name: str, views: Sequence[InstanceView]) -> list[tuple[InstanceView, Line]]:
    return [(view, line) for view in views for line in view.of(name)]


def found_out(name: str, views: Sequence[InstanceView]) -> str:
    """How a member was found out of rotation; empty when it was in rotation everywhere."""
    for view, line in lines_of(name, views):
        if line.is_out:
            return f"{_how(line)} ({line.backend} at {view.instance})"
    return ""


def _how(line: Line) -> str:
    if line.admin is not Admin.READY:
        return f"is {line.admin}"
    return "has a name without an address" if line.is_unresolved else "has weight 0"

"""How members were found before anything is touched."""

from collections.abc import Sequence

from controller.core.pool import InstanceView, Line


def lines_of(name: str, views: Sequence[InstanceView]) -> list[tuple[InstanceView, Line]]:
    return [(view, line) for view in views for line in view.of(name)]


def found_out(name: str, views: Sequence[InstanceView]) -> str:
    """How a member was found out of rotation; empty when it was in rotation everywhere."""
    for view, line in lines_of(name, views):
        if line.is_out:
            how = f"is {line.admin}" if line.weight or line.admin != "ready" else "has weight 0"
            return f"{how} ({line.backend} at {view.instance})"
    return ""

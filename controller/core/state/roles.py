"""What members are to each other where they differ in that: one is active, one stands by."""

from collections.abc import Mapping

from controller.core.state.state import State


def shown_roles(state: State) -> Mapping[str, str]:
    """Member → its role, as seen last; empty where none has one, or they were not all seen at one
    moment: while they change places, looks of two moments show both as the same."""
    roles: dict[str, str] = {}
    for snapshot in state.snapshots.values():
        for member, lines in snapshot.lines.items():
            for seen in lines:
                if seen.line.role:
                    roles[member] = seen.line.role
                    if seen.at != snapshot.full_at:
                        return {}
    return roles

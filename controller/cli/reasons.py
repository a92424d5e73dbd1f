"""What an operator must give a reason for."""

from collections.abc import Mapping
from typing import Any

from controller.errors import UsageFault


def windows_ignored(verb: str, given: Mapping[str, Any]) -> str:
    """The reason to run outside of the windows; empty: they hold. Raises UsageFault."""
    reason: str = (given["reason"] or "").strip()
    if given["ignore_windows"] and not reason:
        raise UsageFault(
            f"{verb} --ignore-windows: give a reason with --reason; it is kept in the journal"
        )
    return reason if given["ignore_windows"] else ""

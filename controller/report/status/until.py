"""Until when a rollout waits for its window, in words. Pure."""

from collections.abc import Mapping
from typing import Any


def until_text(value: Mapping[str, Any]) -> str:
    """Of a `status_value`; empty where it waits for none."""
    if value["until"] is None:
        return ""
    if value["opens"] is not None and value["is_due"]:
        return f"its window has opened on {value['until']}, and no process runs it"
    return f"until {value['until']}: window"

"""What a rollout waits for, in words: its window, or servers. Pure."""

from collections.abc import Mapping
from typing import Any


def until_text(value: Mapping[str, Any]) -> str:
    """Of a `status_value`; empty where it waits for neither."""
    if value["waits_for_capacity"]:
        return "waiting for capacity"
    if value["until"] is None:
        return ""
    if value["opens"] is not None and value["is_due"]:
        return f"its window has opened on {value['until']}, and no process runs it"
    return f"until {value['until']}: window"

"""What became of the containers of a pod, as its status says: for a halt message. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Json = dict[str, Any]

_MOST: Final = 3
"""Containers that are named."""


def ailment_of(pod: Json) -> str:
    """In one line: which containers have ended, and how; empty: none has."""
    status = pod.get("status") or {}
    containers = [
        *(status.get("containerStatuses") or ()),
        *(status.get("initContainerStatuses") or ()),
    ]
    said = [words for one in containers if (words := ", ".join(_said(one)))]
    parts = [str(status["reason"])] if status.get("reason") else []  # like Evicted
    return "; ".join((parts + said)[:_MOST])


def _said(container: Json) -> Iterator[str]:
    """An init container that has done its work is no news."""
    ended, count = _ended(container), int(container.get("restartCount") or 0)
    if ended.get("exitCode") == 0 and not count:
        return
    if not ended and not count:
        return
    name = f"container {container.get('name')}"
    yield f"{name}: {ended['reason']}" if ended.get("reason") else name
    if "exitCode" in ended:
        yield f"exit code {ended['exitCode']}"
    if count:
        yield f"restarted {count} time{'s' * (count > 1)}"


def _ended(container: Json) -> Mapping[str, Any]:
    for key in ("state", "lastState"):
        if found := (container.get(key) or {}).get("terminated"):
            return dict(found)
    return {}

"""Reading objects of the API: plain dictionaries, never trusted to have a part."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from tests.support.kubernetes.kinds import Json

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def copy_of(value: Json) -> Json:
    """A deep copy, of what JSON has; objects of the store are never changed in place."""
    copied: Json = _copied(value)
    return copied


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copied(one) for key, one in value.items()}
    if kind is list:
        return [_copied(one) for one in value]
    return value if kind in _PLAIN else json.loads(json.dumps(value))


def suffix(length: int = 5) -> str:
    """The random end of a generated name."""
    return "".join(random.choices(_LETTERS, k=length))


def stamp(at: datetime) -> str:
    """Kubernetes' time: whole seconds, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def name_of(obj: Json) -> str:
    return str(obj["metadata"]["name"])


def namespace_of(obj: Json) -> str:
    return str(obj["metadata"].get("namespace", ""))


def uid_of(obj: Json) -> str:
    return str(obj["metadata"]["uid"])


def labels_of(obj: Json) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Json) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def is_terminating(obj: Json) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def controller_of(obj: Json) -> Json | None:
    """The owner reference of its controller."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            found: Json = owner
            return found
    return None


def owner_reference(owner: Json, *, is_controller: bool = True) -> Json:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": is_controller,
        "blockOwnerDeletion": is_controller,
    }


def condition(obj: Json, kind: str) -> Json | None:
    for one in (obj.get("status") or {}).get("conditions") or ():
        if one["type"] == kind:
            found: Json = one
            return found
    return None


def is_true(obj: Json, kind: str) -> bool:
    one = condition(obj, kind)
    return one is not None and one["status"] == "True"


def with_condition(
    conditions: Iterable[Json], kind: str, status: str, now: str, **more: str | int
) -> list[Json]:
    """`conditions` with this one set; the time of transition moves only with the status."""
    found = {str(one["type"]): one for one in conditions}
    former = found.get(kind)
    since = now if former is None or former["status"] != status else former["lastTransitionTime"]
    found[kind] = {"type": kind, "status": status, "lastTransitionTime": since, **more}
    return list(found.values())


def phase_of(pod: Json) -> str:
    return str((pod.get("status") or {}).get("phase", "Pending"))


def is_over(pod: Json) -> bool:
    return phase_of(pod) in ("Succeeded", "Failed")


def is_active(pod: Json) -> bool:
    return not is_over(pod) and not is_terminating(pod)


def is_ready(pod: Json) -> bool:
    return is_true(pod, "Ready")


def is_available(pod: Json, min_ready: int, now: datetime) -> bool:
    """Ready for `min_ready` seconds."""
    ready = condition(pod, "Ready")
    if ready is None or ready["status"] != "True":
        return False
    return (
        min_ready == 0 or (now - instant(ready["lastTransitionTime"])).total_seconds() >= min_ready
    )


def amount(value: int | str, of: int, *, up: bool) -> int:
    """A number, or a percentage `of` something, rounded up or down."""
    if isinstance(value, int):
        return value
    parts = int(value.rstrip("%")) * of
    return -(-parts // 100) if up else parts // 100

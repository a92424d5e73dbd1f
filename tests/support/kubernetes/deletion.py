"""Deletes: at once, or marked first where a kubelet, a finalizer or a namespace has to end.

A pod on a Node is only marked; its kubelet ends it and deletes it without grace.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.support.kubernetes import answers
from tests.support.kubernetes.kinds import NAMESPACES, PODS, Json, Kind
from tests.support.kubernetes.objects import copy_of, is_over, is_terminating, stamp, uid_of
from tests.support.kubernetes.store import Store
from tests.support.kubernetes.times import Time


def may_go(obj: Json) -> bool:
    """Marked, and nobody holds it any more."""
    meta = obj["metadata"]
    is_marked = is_terminating(obj) and meta.get("deletionGracePeriodSeconds", 0) == 0
    return is_marked and not meta.get("finalizers")


class Deletion:
    def __init__(self, store: Store, time: Time) -> None:
        self.store, self.time = store, time

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json:
        """Raises StatusError 404."""
        found = self.store.get(kind, name, namespace)
        if found is None:
            raise answers.not_found(kind, name)
        return found

    def delete(
        self,
        kind: Kind,
        name: str,
        namespace: str = "",
        options: Mapping[str, Any] | None = None,
        *,
        is_dry: bool = False,
    ) -> Json:
        """The object as it is now, or as it was last. Raises StatusError 404, 409."""
        options = options or {}
        found = self.get(kind, name, namespace)
        wanted = options.get("preconditions") or {}
        if (uid := wanted.get("uid")) and uid != uid_of(found):
            raise answers.wrong_uid(kind, name, uid, uid_of(found))
        if (version := wanted.get("resourceVersion")) and version != found["metadata"][
            "resourceVersion"
        ]:
            raise answers.conflict(kind, name)
        if is_dry:
            return found
        grace = self._grace(kind, found, options.get("gracePeriodSeconds"))
        held = list(found["metadata"].get("finalizers") or ())
        match options.get("propagationPolicy"):
            case "Foreground" if "foregroundDeletion" not in held:
                held.append("foregroundDeletion")
            case "Orphan" if "orphan" not in held:
                held.append("orphan")
        if kind is NAMESPACES and not is_terminating(found):
            return self._ending(kind, found, 0, held)
        if grace == 0 and not held and kind is not NAMESPACES:
            return self.store.remove(kind, found)
        if is_terminating(found) and grace >= found["metadata"].get(
            "deletionGracePeriodSeconds", 0
        ):
            return found
        return self._ending(kind, found, grace, held)

    def _grace(self, kind: Kind, obj: Json, asked: int | None) -> int:
        if kind is not PODS or is_over(obj) or not obj["spec"].get("nodeName"):
            return 0
        grace = obj["spec"]["terminationGracePeriodSeconds"] if asked is None else asked
        return max(0, int(grace))

    def _ending(self, kind: Kind, found: Json, grace: int, finalizers: list[str]) -> Json:
        obj = copy_of(found)
        meta = obj["metadata"]
        meta["deletionTimestamp"] = stamp(self.time.now() + timedelta(seconds=grace))
        meta["deletionGracePeriodSeconds"] = grace
        if finalizers:
            meta["finalizers"] = finalizers
        if kind.has_generation:
            meta["generation"] = meta.get("generation", 0) + 1
        if kind is NAMESPACES:
            obj["status"] = {"phase": "Terminating"}
        return self.store.put(kind, obj)

"""The garbage collector (what has no owner left goes) and the end of namespaces."""

from collections.abc import Iterable

from tests.support.kubernetes.controllers.base import Controller, Key
from tests.support.kubernetes.kinds import KINDS, NAMESPACES, PODS, Json, Kind
from tests.support.kubernetes.objects import is_terminating, name_of, namespace_of, uid_of
from tests.support.kubernetes.store import Event


class Garbage(Controller):
    """Keys are UIDs of owners."""

    watches = tuple(kind for kind in KINDS if not kind.is_virtual)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.type == "DELETED" or event.object["metadata"].get("finalizers"):
            yield event.kind.plural, uid_of(event.object)
        for owner in event.object["metadata"].get("ownerReferences") or ():
            if event.type != "MODIFIED":
                yield "", owner["uid"]

    def reconcile(self, key: Key) -> float | None:
        owner = self.store.find(key[1])
        if owner is not None:
            kind, obj = owner
            held = obj["metadata"].get("finalizers") or ()
            if is_terminating(obj) and "orphan" in held:
                self._let_go(key[1])
                self._unhold(kind, obj, "orphan")
            elif is_terminating(obj) and "foregroundDeletion" in held and not self._delete(key[1]):
                self._unhold(kind, obj, "foregroundDeletion")
            return None
        self._delete(key[1])
        return None

    def _delete(self, uid: str) -> int:
        """Dependents that have no other owner. Gives how many are still there."""
        found = self.store.owned(uid)
        for kind, obj in found:
            others = [one["uid"] for one in obj["metadata"]["ownerReferences"] if one["uid"] != uid]
            if not any(self.store.find(one) for one in others) and not is_terminating(obj):
                self.registry.delete(kind, name_of(obj), namespace_of(obj))
        return len(self.store.owned(uid))

    def _let_go(self, uid: str) -> None:
        for kind, obj in self.store.owned(uid):
            self.registry.change(
                kind, name_of(obj), namespace_of(obj), lambda one: _without_owner(one, uid)
            )

    def _unhold(self, kind: Kind, obj: Json, finalizer: str) -> None:
        def change(one: Json) -> Json:
            one["metadata"]["finalizers"].remove(finalizer)
            return one

        self.registry.change(kind, name_of(obj), namespace_of(obj), change)


def _without_owner(obj: Json, uid: str) -> Json:
    owners = [one for one in obj["metadata"]["ownerReferences"] if one["uid"] != uid]
    obj["metadata"]["ownerReferences"] = owners
    return obj


class Namespaces(Controller):
    """One that is terminating is emptied, then goes."""

    watches = (NAMESPACES, PODS)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is NAMESPACES and event.type != "DELETED":
            yield "", name_of(event.object)
        elif event.type == "DELETED":
            yield "", namespace_of(event.object)

    def reconcile(self, key: Key) -> float | None:
        space = self.store.get(NAMESPACES, key[1])
        if space is None or not is_terminating(space):
            return None
        left = 0
        for kind in list(self.store.kinds()):
            if not kind.namespaced:
                continue
            for obj in self.store.all(kind, key[1]):
                if not is_terminating(obj):
                    self.registry.delete(kind, name_of(obj), key[1])
            left += len(self.store.all(kind, key[1]))
        if not left:
            self.store.remove(NAMESPACES, self.registry.get(NAMESPACES, key[1]))
        return None

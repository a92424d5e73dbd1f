"""Writes, by the rules of the API server: create, update, patch, delete, with their preconditions.

Whoever writes goes through here, over HTTP or as one of the controllers. As measured: a stale
resource version is 409, another UID in a patch 422, a write that changes nothing keeps the
resource version, a status write raises it but not the generation, and whoever changes a field owns
it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.support.kubernetes import answers
from tests.support.kubernetes.checks import check, check_uid_fixed, check_version
from tests.support.kubernetes.defaults import select_its_pods, set_defaults, tolerations_of
from tests.support.kubernetes.deletion import Deletion, may_go
from tests.support.kubernetes.fields import Owners
from tests.support.kubernetes.kinds import JOBS, LEASES, NAMESPACES, NODES, PODS, Json, Kind
from tests.support.kubernetes.objects import (
    copy_of,
    is_terminating,
    name_of,
    stamp,
    suffix,
    uid_of,
)
from tests.support.kubernetes.schema import prune

Change = Callable[[Json], Json]
CONTROLLER: Final = "kube-controller-manager"
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how: goes into `managedFields`."""

    manager: str = CONTROLLER
    operation: str = "Update"
    subresource: str = ""
    is_dry: bool = False
    is_strict: bool = False
    """Unknown fields are refused, not dropped."""
    is_put: bool = False
    """Preconditions are worded in another way for a PUT."""


class Registry(Deletion):
    def create(self, kind: Kind, body: Json, namespace: str = "", by: Writer = Writer()) -> Json:
        obj = copy_of(body)
        meta = self._checked_names(kind, obj, namespace)
        name = str(meta["name"])
        prune(kind, obj, strict=by.is_strict, is_patch=False)
        if meta.pop("resourceVersion", ""):
            raise answers.bad_request("resourceVersion should not be set on objects to be created")
        if self.store.get(kind, name, namespace) is not None:
            raise answers.already_exists(kind, name)
        self._refuse_ending(kind, name, namespace)
        for field in (*_KEPT, "managedFields", "selfLink"):
            meta.pop(field, None)
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = stamp(self.time.now())
        if kind.has_generation:
            meta["generation"] = 1
        if "status" in kind.subresources and kind not in (NAMESPACES, NODES):
            obj.pop("status", None)
        set_defaults(kind, obj)
        if kind is PODS:
            tolerations_of(obj["spec"])
        if kind is JOBS:
            select_its_pods(obj)
        check(kind, obj, None)
        self._own(kind, None, obj, by, body if by.operation == "Apply" else obj)
        return obj if by.is_dry else self.store.put(kind, obj)

    def _checked_names(self, kind: Kind, obj: Json, namespace: str) -> Json:
        if (obj.get("apiVersion"), obj.get("kind")) != (kind.api_version, kind.kind):
            raise answers.bad_request(
                f"{obj.get('kind')} in version {obj.get('apiVersion')} cannot be handled as a "
                f"{kind.kind}"
            )
        meta: Json = obj.setdefault("metadata", {})
        if kind.namespaced:
            if meta.setdefault("namespace", namespace) != namespace:
                raise answers.bad_request(
                    "the namespace of the provided object does not match the namespace sent on "
                    "the request"
                )
        else:
            meta.pop("namespace", None)
        if not meta.get("name"):
            if not meta.get("generateName"):
                text = "Required value: name or generateName is required"
                raise answers.invalid(kind, "", ("metadata.name", text))
            meta["name"] = meta["generateName"] + suffix()
        return meta

    def _refuse_ending(self, kind: Kind, name: str, namespace: str) -> None:
        if not kind.namespaced:
            return
        space = self.store.get(NAMESPACES, namespace)
        if space is None:
            raise answers.not_found(NAMESPACES, namespace)
        if is_terminating(space):
            raise answers.namespace_ends(kind, name, namespace)

    def change(
        self, kind: Kind, name: str, namespace: str, change: Change, by: Writer = Writer()
    ) -> Json:
        """Read, change a copy, write. `change` may name a resource version, which is checked."""
        former = self.get(kind, name, namespace)
        obj = change(copy_of(former))
        meta = obj.setdefault("metadata", {})
        self._preconditions(kind, former, meta, by)
        for field in _KEPT:
            meta.pop(field, None)
            if field in former["metadata"]:
                meta[field] = former["metadata"][field]
        meta["name"] = name
        if kind.namespaced:
            meta["namespace"] = namespace
        meta["resourceVersion"] = former["metadata"]["resourceVersion"]
        obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind
        prune(kind, obj, strict=by.is_strict, is_patch=not by.is_put)
        obj = _only(kind, former, obj, by.subresource)
        set_defaults(kind, obj)
        if by.subresource != "status":
            check(kind, obj, former)
        if kind.has_generation and _spec(obj) != _spec(former):
            obj["metadata"]["generation"] = former["metadata"].get("generation", 0) + 1
        if by.operation != "Apply":
            self._own(kind, former, obj, by, obj)
        if obj == former or by.is_dry:
            return obj
        if kind is not NAMESPACES and may_go(obj):
            return self.store.remove(kind, obj)
        return self.store.put(kind, obj)

    def _preconditions(self, kind: Kind, former: Json, meta: Json, by: Writer) -> None:
        name, uid = name_of(former), uid_of(former)
        if meta.get("name", name) != name:
            text = f'Invalid value: "{meta["name"]}": field is immutable'
            raise answers.invalid(kind, name, ("metadata.name", text))
        wanted = meta.get("uid") or uid
        version = str(meta.get("resourceVersion") or "")
        if by.is_put:
            check_version(kind, name, version)
            if wanted != uid:
                raise answers.wrong_uid(kind, name, wanted, uid)
        if version and version != former["metadata"]["resourceVersion"]:
            raise answers.conflict(kind, name)
        check_uid_fixed(kind, name, wanted, uid)

    def update(self, kind: Kind, name: str, namespace: str, body: Json, by: Writer) -> Json:
        """PUT. A Lease is made by it, unless it says by its UID which one is meant."""
        if kind is LEASES and self.store.get(kind, name, namespace) is None:
            meta = {**(body.get("metadata") or {}), "name": name}
            if uid := meta.get("uid"):
                why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
                raise answers.conflict(kind, name, why)
            meta.pop("resourceVersion", None)
            return self.create(kind, {**body, "metadata": meta}, namespace, by)
        return self.change(kind, name, namespace, lambda _: copy_of(body), by)

    def apply(
        self, kind: Kind, name: str, namespace: str, body: Json, by: Writer, *, force: bool
    ) -> tuple[Json, bool]:
        """Server-side apply; the second: whether it was made."""
        wanted = copy_of(body)
        wanted.setdefault("metadata", {})["name"] = name
        if wanted["metadata"].get("managedFields"):
            raise answers.bad_request("metadata.managedFields must be nil")
        if self.store.get(kind, name, namespace) is None:
            if uid := wanted["metadata"].get("uid"):
                why = f"uid mismatch: the provided object specified uid {uid}, and no existing"
                raise answers.conflict(kind, name, f"{why} object was found")
            return self.create(kind, wanted, namespace, by), True
        who = self._entry(kind, by)

        def change(live: Json) -> Json:
            owners = Owners(live)
            result = owners.applied(live, wanted, who, force=force)
            entries = owners.entries()
            if result | {"metadata": {**result["metadata"], "managedFields": []}} == live | {
                "metadata": {**live["metadata"], "managedFields": []}
            } and _paths(entries) == _paths(live["metadata"].get("managedFields") or []):
                return live
            result["metadata"]["managedFields"] = entries
            return result

        return self.change(kind, name, namespace, change, by), False

    def _entry(self, kind: Kind, by: Writer) -> Json:
        entry: Json = {
            "manager": by.manager,
            "operation": by.operation,
            "apiVersion": kind.api_version,
            "time": stamp(self.time.now()),
        }
        return entry | ({"subresource": by.subresource} if by.subresource else {})

    def _own(self, kind: Kind, former: Json | None, obj: Json, by: Writer, owned: Json) -> None:
        """An apply owns what it names; other writes own the defaults that they caused too."""
        obj["metadata"]["managedFields"] = (former or {"metadata": {}})["metadata"].get(
            "managedFields", []
        )
        if former is not None and obj == former:
            return
        owners = Owners(obj)
        owners.written(former, owned, self._entry(kind, by))
        obj["metadata"]["managedFields"] = owners.entries()


def _paths(entries: list[Json]) -> list[tuple[str, str, Json]]:
    return [(one["manager"], one["operation"], one["fieldsV1"]) for one in entries]


def _spec(obj: Json) -> Json:
    return {
        key: value
        for key, value in obj.items()
        if key not in ("metadata", "status", "apiVersion", "kind")
    }


def _only(kind: Kind, former: Json, obj: Json, subresource: str) -> Json:
    """What a write through this subresource, or through none, may touch."""
    if subresource == "status":
        kept = {**former, "status": obj.get("status") or {}}
        if kind.plural == "nodes":  # as kubelets do
            kept["metadata"] = obj["metadata"]
        else:
            kept["metadata"] = {
                **former["metadata"],
                **{
                    field: obj["metadata"][field]
                    for field in ("labels", "annotations")
                    if field in obj["metadata"]
                },
            }
        return kept
    if "status" in kind.subresources and subresource != "binding":
        status = {"status": former["status"]} if "status" in former else {}
        return {key: value for key, value in obj.items() if key != "status"} | status
    return obj

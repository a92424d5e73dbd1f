"""Pods and their owners: made from a template, claimed by labels, let go when these do not match.

As measured: a pod whose label leaves the workload's selector is orphaned, and adopted again when
the label is back.
"""

from collections.abc import Callable

from tests.support.kubernetes.kinds import PODS, Json, Kind
from tests.support.kubernetes.objects import (
    controller_of,
    copy_of,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from tests.support.kubernetes.registry import Registry
from tests.support.kubernetes.selectors import is_selected


def claimed(
    registry: Registry,
    owner: Json,
    kind: Kind = PODS,
    may_adopt: Callable[[Json], bool] = lambda pod: True,
) -> list[Json]:
    """Those of `kind` that `owner` controls, after letting go and adopting."""
    selector, uid = owner["spec"]["selector"], uid_of(owner)
    found = []
    for obj in registry.store.all(kind, namespace_of(owner)):
        ref = controller_of(obj)
        matches = is_selected(selector, labels_of(obj))
        if ref is not None and ref["uid"] == uid:
            if matches or is_terminating(owner):
                found.append(obj)
            else:
                _write(registry, kind, obj, [])
        elif (
            ref is None
            and matches
            and may_adopt(obj)
            and not is_terminating(obj)
            and not is_terminating(owner)
        ):
            found.append(_write(registry, kind, obj, [owner_reference(owner)]))
    return found


def _write(registry: Registry, kind: Kind, obj: Json, owners: list[Json]) -> Json:
    def change(one: Json) -> Json:
        kept = [ref for ref in one["metadata"].get("ownerReferences", ()) if not ref["controller"]]
        one["metadata"]["ownerReferences"] = kept + owners
        return one

    return registry.change(kind, name_of(obj), namespace_of(obj), change)


def make_pod(
    registry: Registry,
    owner: Json,
    template: Json,
    *,
    name: str = "",
    labels: dict[str, str] | None = None,
    spec: Json | None = None,
    annotations: dict[str, str] | None = None,
) -> Json:
    """`name` left out: generated from the owner's."""
    meta = template.get("metadata") or {}
    made: Json = {
        "labels": {**(meta.get("labels") or {}), **(labels or {})},
        "annotations": {**(meta.get("annotations") or {}), **(annotations or {})},
        "ownerReferences": [owner_reference(owner)],
        **({"name": name} if name else {"generateName": f"{name_of(owner)}-"}),
    }
    if meta.get("finalizers"):
        made["finalizers"] = meta["finalizers"]
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {key: value for key, value in made.items() if value},
        "spec": {**copy_of(template["spec"]), **(spec or {})},
    }
    return registry.create(PODS, body, namespace_of(owner))

"""ControllerRevisions: what a workload's templates were.

As measured: a template that returns gets its former revision's name back, with a higher number.
"""

import json
from zlib import crc32

from tests.support.kubernetes.kinds import REVISIONS, Json
from tests.support.kubernetes.objects import (
    copy_of,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
)
from tests.support.kubernetes.registry import Registry

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def hash_of(template: Json) -> str:
    """Like `5d87cdfd49`: of letters and digits that spell no word."""
    number, text = crc32(json.dumps(template, sort_keys=True).encode()) + (7 << 40), ""
    while number:
        number, rest = divmod(number, len(_ALPHABET))
        text += _ALPHABET[rest]
    return text[:10]


def revisions_of(registry: Registry, owner: Json) -> list[Json]:
    """Oldest first."""
    found = registry.store.controlled(REVISIONS, uid_of(owner))
    return sorted(found, key=lambda one: int(one["revision"]))


def current_revision(registry: Registry, owner: Json) -> Json:
    """The revision of the template of now: found, raised to the newest, or made."""
    template = owner["spec"]["template"]
    known = revisions_of(registry, owner)
    newest = int(known[-1]["revision"]) if known else 0
    for one in reversed(known):
        if one["data"]["spec"]["template"] == template | {"$patch": "replace"}:
            if int(one["revision"]) == newest:
                return one
            return registry.change(
                REVISIONS,
                name_of(one),
                namespace_of(one),
                lambda found: found | {"revision": newest + 1},
            )
    name = hash_of(template)
    body = {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{name_of(owner)}-{name}",
            "labels": {
                **(template["metadata"].get("labels") or {}),
                "controller-revision-hash": name
                if owner["kind"] == "DaemonSet"
                else f"{name_of(owner)}-{name}",
            },
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {"spec": {"template": copy_of(template) | {"$patch": "replace"}}},
        "revision": newest + 1,
    }
    return registry.create(REVISIONS, body, namespace_of(owner))


def template_of(revision: Json) -> Json:
    found = copy_of(revision["data"]["spec"]["template"])
    found.pop("$patch", None)
    return found


def forget_old(registry: Registry, owner: Json, used: set[str]) -> None:
    """Keep `revisionHistoryLimit` of those that no pod and no status names."""
    idle = [one for one in revisions_of(registry, owner) if name_of(one) not in used]
    for one in idle[: max(0, len(idle) - int(owner["spec"]["revisionHistoryLimit"]))]:
        registry.delete(REVISIONS, name_of(one), namespace_of(one))

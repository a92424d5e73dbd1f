"""Deployments: the controller's own arithmetic, which `maxUnavailable` steps through.

As measured: with maxSurge 1, a `minReadySeconds` that no new pod reaches and `maxUnavailable: k` it
stands still at k old pods gone and k+1 new ones there; the old ReplicaSet keeps its own
`minReadySeconds`, so the Deployment stays `Available`; a pause does not hold scaling; status speaks
of the former template until `observedGeneration` catches up.
"""

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.controllers.owned import claimed
from tests.support.kubernetes.controllers.progress import conditions
from tests.support.kubernetes.controllers.replicas import Rolling, available, total
from tests.support.kubernetes.controllers.revisions import hash_of
from tests.support.kubernetes.kinds import DEPLOYMENTS, PODS, REPLICASETS, Json
from tests.support.kubernetes.objects import (
    annotations_of,
    copy_of,
    is_terminating,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
)

HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"


class Deployments(Workload):
    kind = DEPLOYMENTS
    dependents = (REPLICASETS,)
    watches = (DEPLOYMENTS, REPLICASETS)
    is_hasty = False
    """After it has changed a ReplicaSet's `minReadySeconds` it acts on the counts from before. Both
    were seen: nothing moved when we put a template back, a new pod went when GitOps did."""

    def reconcile(self, key: Key) -> float | None:
        owner = self.store.get(DEPLOYMENTS, key[1], key[0])
        if owner is None or is_terminating(owner):
            return None
        sets = claimed(self.registry, owner, REPLICASETS)
        sets.sort(key=lambda one: (one["metadata"]["creationTimestamp"], _revision(one)))
        new = next((one for one in sets if _template(one) == owner["spec"]["template"]), None)
        old = [one for one in sets if one is not new]
        if owner["spec"].get("paused") or self._is_scaled(owner, sets):
            new = self._keep(owner, new, old) if new is not None else None
            self._scale_all(owner, new, old)
        elif owner["spec"]["strategy"]["type"] == "Recreate":
            self._recreate(owner, new, old)
        else:
            self._roll(owner, new, old)
        left = self._report(key)
        return 0.05 if self._is_waiting(owner) else left

    # Steps

    def _roll(self, owner: Json, new: Json | None, old: list[Json]) -> None:
        rolling = Rolling.of(owner)
        new = self._keep(owner, new, old)
        if not (_is_seen(new) or self.is_hasty):
            return
        size = rolling.new_size(new, [*old, new])
        if size != new["spec"]["replicas"]:
            self._scale(owner, new, size)
            return
        sizes = rolling.old_sizes(new, old)
        for one in old:
            if (wanted := sizes[name_of(one)]) != one["spec"]["replicas"]:
                self._scale(owner, one, wanted)
        self._forget(owner, new, old)

    def _recreate(self, owner: Json, new: Json | None, old: list[Json]) -> None:
        for one in old:
            if one["spec"]["replicas"]:
                self._scale(owner, one, 0)
        uids = {one["metadata"]["uid"] for one in old}
        if any(self.store.controlled(PODS, uid) for uid in uids):
            return
        new = self._keep(owner, new, old)
        if new["spec"]["replicas"] != owner["spec"]["replicas"]:
            self._scale(owner, new, int(owner["spec"]["replicas"]))

    def _is_waiting(self, owner: Json) -> bool:
        """For old pods to end, which no ReplicaSet tells of."""
        if owner["spec"]["strategy"]["type"] != "Recreate":
            return False
        sets = self.store.controlled(REPLICASETS, owner["metadata"]["uid"])
        return total(sets) < int(owner["spec"]["replicas"])

    def _is_scaled(self, owner: Json, sets: list[Json]) -> bool:
        wanted = str(owner["spec"]["replicas"])
        return any(
            one["spec"]["replicas"] and annotations_of(one).get(DESIRED, wanted) != wanted
            for one in sets
        )

    def _scale_all(self, owner: Json, new: Json | None, old: list[Json]) -> None:
        sets = [*old, *([new] if new is not None else [])]
        for name, size in Rolling.of(owner).scaled(new, old).items():
            one = next(one for one in sets if name_of(one) == name)
            self._scale(owner, one, size)

    # ReplicaSets

    def _keep(self, owner: Json, new: Json | None, old: list[Json]) -> Json:
        """The ReplicaSet of the template of now: made, or brought up to date."""
        number = max((_revision(one) for one in old), default=0) + 1
        if new is None:
            return self._make(owner, old, number)
        number = max(number, _revision(new))
        ready = owner["spec"].get("minReadySeconds")
        if _revision(new) == number and new["spec"].get("minReadySeconds") == ready:
            return new

        def change(one: Json) -> Json:
            one["metadata"].setdefault("annotations", {})[REVISION] = str(number)
            one["spec"].pop("minReadySeconds", None)
            if ready is not None:
                one["spec"]["minReadySeconds"] = ready
            return one

        return self.registry.change(REPLICASETS, name_of(new), namespace_of(new), change)

    def _make(self, owner: Json, old: list[Json], number: int) -> Json:
        spec, name = owner["spec"], hash_of(owner["spec"]["template"])
        template = copy_of(spec["template"])
        template["metadata"]["labels"] = {**labels_of(template), HASH: name}
        selector = copy_of(spec["selector"])
        selector.setdefault("matchLabels", {})[HASH] = name
        size = Rolling.of(owner).new_size(None, old)
        if spec["strategy"]["type"] == "Recreate":
            size = int(spec["replicas"])
        body: Json = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{name_of(owner)}-{name}",
                "labels": template["metadata"]["labels"],
                "annotations": {REVISION: str(number), **_sizes(owner)},
                "ownerReferences": [owner_reference(owner)],
            },
            "spec": {"replicas": size, "selector": selector, "template": template},
        }
        if "minReadySeconds" in spec:
            body["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        return self.registry.create(REPLICASETS, body, namespace_of(owner))

    def _scale(self, owner: Json, one: Json, size: int) -> None:
        def change(found: Json) -> Json:
            found["spec"]["replicas"] = size
            found["metadata"].setdefault("annotations", {}).update(_sizes(owner))
            return found

        self.registry.change(REPLICASETS, name_of(one), namespace_of(one), change)

    def _forget(self, owner: Json, new: Json, old: list[Json]) -> None:
        if total([new]) < int(owner["spec"]["replicas"]):
            return
        idle = [
            one
            for one in old
            if not one["spec"]["replicas"] and not (one.get("status") or {}).get("replicas")
        ]
        for one in idle[: max(0, len(idle) - int(owner["spec"]["revisionHistoryLimit"]))]:
            self.registry.delete(REPLICASETS, name_of(one), namespace_of(one))

    # Status

    def _report(self, key: Key) -> float | None:
        """Seconds until its progress deadline."""
        owner = self.registry.get(DEPLOYMENTS, key[1], key[0])
        sets = self.store.controlled(REPLICASETS, owner["metadata"]["uid"])
        new = [one for one in sets if _template(one) == owner["spec"]["template"]]
        if new and annotations_of(owner).get(REVISION) != annotations_of(new[0]).get(REVISION):
            number = annotations_of(new[0])[REVISION]

            def change(one: Json) -> Json:
                one["metadata"].setdefault("annotations", {})[REVISION] = number
                return one

            owner = self.registry.change(DEPLOYMENTS, key[1], key[0], change)
        counts = {
            "replicas": _sum(sets, "replicas"),
            "updatedReplicas": _sum(new, "replicas"),
            "readyReplicas": _sum(sets, "readyReplicas"),
            "availableReplicas": available(sets),
            "unavailableReplicas": max(0, total(sets) - available(sets)),
        }
        status: Json = {key: count for key, count in counts.items() if count}
        status["observedGeneration"] = owner["metadata"]["generation"]
        status["conditions"], left = conditions(owner, counts, self.time.now())
        self.status(owner, status)
        return left


def _is_seen(one: Json) -> bool:
    """Its own controller knows its spec."""
    seen = (one.get("status") or {}).get("observedGeneration", 0)
    return bool(seen == one["metadata"]["generation"])


def _template(one: Json) -> Json:
    """Without the hash: as its Deployment had it."""
    found = copy_of(one["spec"]["template"])
    labels_of(found).pop(HASH, None)
    return found


def _revision(one: Json) -> int:
    return int(annotations_of(one).get(REVISION, 0))


def _sizes(owner: Json) -> dict[str, str]:
    rolling, wanted = Rolling.of(owner), int(owner["spec"]["replicas"])
    return {DESIRED: str(wanted), MOST: str(wanted + rolling.surge)}


def _sum(sets: list[Json], field: str) -> int:
    return sum(int((one.get("status") or {}).get(field, 0)) for one in sets)

"""Deployments: `maxUnavailable` is the partition, and `minReadySeconds` holds it.

No new pod is ever available while it is held, so the controller stands still with as many old pods
gone as `maxUnavailable` says, after every single write: whoever is killed leaves it at rest. With
maxSurge 1 one new pod comes first, beside all the old ones; where the Deployment has maxSurge 0,
its pause holds it until the first pod has been taken out.

The pod that is taken out costs least, so it is the one that goes. Who follows it has another name:
a label says which member it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.kubernetes.client.paths import DEPLOYMENTS, REPLICASETS, Resource
from adapters.kubernetes.pod import (
    address_of,
    annotations_of,
    is_ready,
    labels_of,
    name_of,
    owner_of,
)
from adapters.kubernetes.pods.workloads.base import Json, Seen
from adapters.kubernetes.pods.workloads.found import found_in, ours_in
from adapters.kubernetes.pods.workloads.replicasets import (
    HASH,
    HELD,
    before,
    failure_of,
    hash_of,
    is_counted_anew,
    replicas_of,
    size_of,
    with_template,
)
from adapters.kubernetes.pods.workloads.sizes import COST, Sizes, cost_of, goes_before, is_active
from controller.core.steps import Course

PLACE: Final = "poolroll.dev/place"
"""Label of a pod: the member that it is, where that is not its own name."""
COST_FOUND: Final = "poolroll.dev/cost-found"
"""What the pod cost before it was taken out; absent: nothing was said."""
CHEAPEST: Final = "-1000"

READY, DEADLINE, STRATEGY, PAUSED = (
    "minReadySeconds",
    "progressDeadlineSeconds",
    "strategy",
    "paused",
)
_NOT_MADE: Final = "(not made yet)"
"""The revision of a template that its controller takes up with the first pod that goes."""


class Deployment:
    """Implements `adapters.kubernetes.pods.workloads.base.Workload`."""

    resource: Resource = DEPLOYMENTS
    history: Resource = REPLICASETS
    evicts = False
    retires = True

    def owns(self, workload: Json, pod: Json) -> bool:
        """By the name of its ReplicaSet: that may have been made just now."""
        owner = owner_of(pod)
        return (
            owner is not None
            and owner.kind == "ReplicaSet"
            and owner.name == f"{name_of(workload)}-{labels_of(pod).get(HASH, '')}"
        )

    def refusals(self, seen: Seen, *, has_template: bool) -> Sequence[str]:
        path, spec = f"deployment/{name_of(seen.workload)}", seen.workload["spec"]
        if not has_template:
            return [f"upgrade.template is left out, and {path} rolls by itself: give the template"]
        if spec.get(PAUSED):
            return [f"{path} is paused: `kubectl rollout resume {path}`, or undo what is not out"]
        if (strategy := _type(spec)) != "RollingUpdate":
            return [
                f"{path} has the strategy {strategy}, which ends all its pods at once: set "
                "strategy.type to RollingUpdate"
            ]
        if not seen.is_caught_up:
            return [f"{path}: its controller has not taken up its last change yet; try again"]
        with_pods = sorted(
            name_of(one) for one in seen.revisions if replicas_of(one) or size_of(one)
        )
        if len(with_pods) > 1:
            return [
                f"{path} is in the middle of a rollout ({', '.join(with_pods)} have pods): wait "
                "until it has ended, or undo it"
            ]
        return []

    def notes(self, seen: Seen) -> Sequence[str]:
        path = f"deployment/{name_of(seen.workload)}"
        held = (
            f"{path} is held by minReadySeconds and maxUnavailable until the rollout is over: its "
            "availableReplicas count down meanwhile; scaling down takes pods that were not drained"
        )
        if _surge(seen.workload):
            return [f"{path} gets one pod more, which is the canary: it needs room for that", held]
        return [f"{path} has maxSurge 0: no pod is added, and one is missing at a time", held]

    def in_order(self, seen: Seen) -> str:
        return ""

    def places(self, seen: Seen) -> Mapping[str, Json | None]:
        """Those that are not Ready first, since its controller takes them first. Whoever is being
        ended is not coming back; its place is kept where a pod is to come, the last ones first."""
        target = self.target(seen)
        found: dict[str, Json | None] = {}
        former_first = sorted(seen.pods, key=lambda pod: (_revision(pod) == target, name_of(pod)))
        for pod in filter(is_active, former_first):  # who is to go sits there until it does
            found.setdefault(self.place_of(pod), pod)
        order = sorted(found.items(), key=lambda one: (_is_ready(one[1]), one[0]))
        vacant = [place for place in _awaited(seen) if place not in found]
        new = sum(1 for pod in seen.pods if is_active(pod) and _revision(pod) == target)
        missing = max(0, _sizes(seen, target).new - new) if target else len(vacant)
        return {**dict(order), **dict.fromkeys(vacant[-missing:] if missing else ())}

    def unseen(self, seen: Seen) -> int:
        return 0

    def unnoticed(self, seen: Seen) -> Sequence[Json]:
        """Of a template that users did not know before it was held: each gets its place when it
        comes."""
        found, target = found_in(seen.workload), self.target(seen)
        if found is None or not target or target == self.revision_with(seen, found.template):
            return ()
        new = [pod for pod in seen.pods if _revision(pod) == target and is_active(pod)]
        return [pod for pod in new if PLACE not in labels_of(pod)]

    def place_of(self, pod: Json) -> str:
        return labels_of(pod).get(PLACE) or name_of(pod)

    def revision_of(self, seen: Seen, pod: Json) -> str:
        return _revision(pod)

    def target(self, seen: Seen) -> str:
        if not seen.is_caught_up:
            return ""
        known = self.revision_with(seen, seen.workload["spec"]["template"])
        return known or (_NOT_MADE if seen.workload["spec"].get(PAUSED) else "")

    def revision_with(self, seen: Seen, template: Json) -> str:
        found = with_template(seen.revisions, template)
        return hash_of(found) if found is not None else ""

    def former(self, seen: Seen) -> Json | None:
        return before(seen.revisions, seen.workload["spec"]["template"])

    # --- holding, and letting go -------------------------------------------------------------

    def holding(self, seen: Seen, course: Course, template: Json) -> Mapping[str, Any]:
        """Where the template is that of pods that are there already, some milliseconds are to be
        bridged in which its controller still takes them for available: it is paused. Not where
        they are all there, since then the pause lets go what is more than that."""
        wanted = self.revision_with(seen, template)
        sizes = _sizes(seen, wanted)
        mine = with_template(seen.revisions, template)
        there = replicas_of(mine) if mine is not None else 0
        must_pause = not sizes.surge and not sizes.held
        is_mixed = 0 < there < sizes.replicas and sizes.others > 0
        return {
            READY: HELD,
            DEADLINE: HELD + 1,
            STRATEGY: _strategy(sizes.surge, sizes.held),
            PAUSED: True if must_pause or is_mixed else None,  # a pause by others is theirs
        }

    def eases(self, seen: Seen) -> Mapping[str, Any] | None:
        """A pause ends when the counts of the ReplicaSet are those under our `minReadySeconds`."""
        spec = seen.workload["spec"]
        mine = with_template(seen.revisions, spec["template"])
        if not spec.get(PAUSED) or mine is None or not size_of(mine):
            return {}
        if not seen.is_caught_up or not is_counted_anew(mine):
            return None
        return {PAUSED: None}

    def advance(self, seen: Seen, place: str) -> Mapping[str, Any]:
        target = self.target(seen)
        if not target:
            return {}
        sizes, spec = _sizes(seen, target), seen.workload["spec"]
        is_paused = bool(spec.get(PAUSED))
        if self.blocked(seen, place) or (_unavailable(spec) >= sizes.next and not is_paused):
            return {}
        fields: dict[str, Any] = {STRATEGY: _strategy(sizes.surge, sizes.next)}
        return fields | ({PAUSED: None} if is_paused else {})

    def blocked(self, seen: Seen, place: str) -> str:
        ours = ours_in(seen.workload)
        is_ours = ours is not None and ours.fields.get(PAUSED) is True
        if not seen.workload["spec"].get(PAUSED) or is_ours:
            return ""
        return f"deployment/{name_of(seen.workload)} was paused by somebody else"

    def goes_first(self, seen: Seen, pod: Json) -> Json | None:
        """A pod of another ReplicaSet than the new one that is not Ready, in whoever's place."""
        target = self.target(seen)
        return goes_before([one for one in seen.pods if _revision(one) != target], pod)

    def leaving(self, pod: Json, place: str) -> Json:
        if cost_of(pod) == CHEAPEST:
            return self.seated(place)
        annotations = {COST: CHEAPEST, COST_FOUND: cost_of(pod)}
        return {**self.seated(place), "annotations": annotations}

    def returning(self, pod: Json) -> Json:
        if cost_of(pod) != CHEAPEST:
            return {}
        annotations = {COST: annotations_of(pod).get(COST_FOUND), COST_FOUND: None}
        return {"annotations": annotations}

    def seated(self, place: str) -> Json:
        return {"labels": {PLACE: place}}

    def let_go(self, seen: Seen, fields: Mapping[str, Any]) -> str:
        ours = ours_in(seen.workload)
        lost = set(ours.lost(seen.workload)) if ours is not None else set[str]()
        if "template" in lost or (STRATEGY in lost and READY not in fields):
            return ""  # somebody else rolls it already, or did, if that did not hold it
        target = self.target(seen)
        if not target:
            return "its controller has not caught up yet"
        if not _sizes(seen, target).others:
            return ""
        return "its controller would replace the other pods by itself, undrained"


def lacks(seen: Seen) -> str:
    """What of its new pods is still to come, in words; empty: nothing."""
    kind = Deployment()
    target = kind.target(seen)
    if not target:
        return "its controller has not taken up its template"
    active = (pod for pod in seen.pods if is_active(pod) and _revision(pod) == target)
    new = [pod for pod in active if address_of(pod)]
    wanted = 0 if seen.workload["spec"].get(PAUSED) else _sizes(seen, target).new
    return f"{len(new)} of {wanted} new pods have an address" if len(new) < wanted else ""


def failure(seen: Seen) -> str:
    """Why its controller cannot make pods of its template, as that says; empty: it does not."""
    found = with_template(seen.revisions, seen.workload["spec"]["template"])
    return failure_of(found) if found is not None else ""


def _revision(pod: Json) -> str:
    return labels_of(pod).get(HASH, "")


def _is_ready(pod: Json | None) -> bool:
    return pod is not None and is_ready(pod)


def _awaited(seen: Seen) -> Sequence[str]:
    ours = ours_in(seen.workload)
    return ours.awaited if ours is not None else ()


def _sizes(seen: Seen, target: str) -> Sizes:
    """By what its ReplicaSets are to have, as its controller reckons; by the pods where that is not
    known."""
    known = [one for one in seen.revisions if hash_of(one) != target]
    others = sum(map(replicas_of, known))
    if not seen.revisions:
        others = sum(1 for pod in seen.pods if is_active(pod) and _revision(pod) != target)
    return Sizes(int(seen.workload["spec"].get("replicas", 1)), _surge(seen.workload), others)


def _surge(workload: Json) -> int:
    """1 where it may have more pods than replicas, by what was found."""
    found = found_in(workload)
    strategy = workload["spec"].get(STRATEGY)
    if found is not None and STRATEGY in found.fields:
        strategy = found.fields[STRATEGY]
    most = ((strategy or {}).get("rollingUpdate") or {}).get("maxSurge", "25%")
    return 0 if str(most).removesuffix("%") == "0" else 1


def _strategy(surge: int, unavailable: int) -> Json:
    """The API takes no strategy in which both are 0."""
    least = unavailable if surge else max(1, unavailable)
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": least},
    }


def _unavailable(spec: Json) -> int:
    value = ((spec.get(STRATEGY) or {}).get("rollingUpdate") or {}).get("maxUnavailable")
    return value if isinstance(value, int) else 0


def _type(spec: Json) -> str:
    return str((spec.get(STRATEGY) or {}).get("type") or "RollingUpdate")

"""Lines of a pool of pods, from what the API shows. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from adapters.kubernetes.ailment import ailment_of
from adapters.kubernetes.pod import (
    DRAINED,
    NEW,
    OUT,
    annotations_of,
    is_over,
    is_ready,
    is_selected,
    is_terminating,
    occupant_of,
    uid_of,
)
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.slices import NOWHERE, Endpoint
from adapters.kubernetes.pods.workloads.base import Seen, Workload
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.pool import Admin, Check, Health, Line
from controller.pools.kubernetes import Rotation

Json = dict[str, Any]

WEIGHT: Final = 1
LISTED: Final = "an EndpointSlice of Service {backend} still lists its pod"
"""A pod that is out by its label is drained once no slice sends users there any more. Controllers
may take a minute for that, after a restart of the API server."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All that was seen of a pool at one moment."""

    service: Json
    endpoints: Mapping[str, Endpoint]
    """UID of a pod → how the slices list it."""
    seen: Seen
    kept_out: frozenset[str] = frozenset()
    """UIDs of new pods that are being taken out: their labels may not say so yet."""
    serials: tuple[int, int] = (0, 0)
    """What was heard of by then; `Live.changed` waits for more."""

    def is_in(self, pod: Json) -> bool:
        """Whether the Service means it. One that is on its way out is not meant by anybody, unless
        the slices have it already."""
        if not is_selected(self.service, pod):
            return False
        return uid_of(pod) not in self.kept_out or self.endpoint(pod).is_usable

    def endpoint(self, pod: Json) -> Endpoint:
        return self.endpoints.get(uid_of(pod), NOWHERE)


def lines_of(
    kind: Workload,
    turn: Turn,
    picture: Picture,
    namespace: str,
    path: str,
    vacant: Sequence[str] = (),
    in_hand: Collection[str] = (),
    held_up: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Line, ...]:
    """`path`: of the workload, as in `statefulset/web`. `vacant`: places that no pod tells of;
    `in_hand`: those whose pod is being replaced, and may come back old once; `held_up`: what keeps
    that waiting."""
    places = {**kind.places(picture.seen), **dict.fromkeys(vacant)}
    whose = uid_of(picture.seen.workload)  # another cluster may use all the same names
    lines = (
        _line(
            kind,
            turn,
            picture,
            f"kubernetes:{namespace}/{path}/{place} of {whose}",
            place,
            pod,
            is_in_hand=place in in_hand,
        )
        for place, pod in places.items()
    )
    return tuple(
        replace(line, held_up=held_up[line.member]) if line.member in held_up else line
        for line in lines
    )


def _line(
    kind: Workload,
    turn: Turn,
    picture: Picture,
    key: str,
    place: str,
    pod: Json | None,
    *,
    is_in_hand: bool,
) -> Line:
    backend = str(picture.service["metadata"]["name"])
    if pod is None:
        admin = Admin.READY if turn.kind is Rotation.DELETE else Admin.OUT
        return Line(backend, place, key, None, admin, Health.FAILING, Check.RUNNING, WEIGHT)
    occupant = occupant_of(picture.service, pod, kind.revision_of(picture.seen, pod))
    if not is_in_hand and is_new(turn, picture, pod) and is_former(kind, picture, pod):
        # About to be let in: nobody serves there yet, and nobody has anything to prove.
        admin, health = Admin.READY, Health.FAILING
        return Line(
            backend, place, key, occupant, admin, health, Check.RUNNING, WEIGHT, is_unset=True
        )
    admin = admin_of(turn, picture, pod)
    is_listed = admin is Admin.DRAINING
    return Line(
        backend=backend,
        member=place,
        key=key,
        occupant=occupant,
        admin=admin,
        in_flight=1 if is_listed else None,
        in_flight_as=LISTED.format(backend=backend) if is_listed else "",
        health=Health.PASSING if _is_healthy(turn, picture, pod) else Health.FAILING,
        check=Check.RUNNING,
        weight=WEIGHT,
        is_new=is_new(turn, picture, pod),
        is_unset=_is_unset(turn, picture, pod),
        is_going=is_terminating(pod),
        ailment=ailment_of(pod),
    )


def _is_unset(turn: Turn, picture: Picture, pod: Json) -> bool:
    is_held = turn.kind is not Rotation.DELETE
    return is_held and picture.is_in(pod) and OUT not in annotations_of(pod)


def admin_of(turn: Turn, picture: Picture, pod: Json) -> Admin:
    """In where the Service means it; out once no slice lists it as one that proxies may use."""
    if turn.kind is Rotation.DELETE or picture.is_in(pod):
        return Admin.READY
    return Admin.DRAINING if picture.endpoint(pod).is_usable else Admin.OUT


def _is_healthy(turn: Turn, picture: Picture, pod: Json) -> bool:
    """In rotation: as the slices say, which is what users go by. Out of it: by its own word."""
    if is_terminating(pod) or is_over(pod) or not is_ready(pod):
        return False
    if turn.kind is Rotation.DELETE or picture.is_in(pod):
        return picture.endpoint(pod).is_ready
    return True


def is_former(kind: Workload, picture: Picture, pod: Json) -> bool:
    """Whether it has the revision from before the rollout, which users know already, and not the
    one that is wanted."""
    found = found_in(picture.seen.workload)
    if found is None:
        return False
    revision, target = kind.revision_of(picture.seen, pod), kind.target(picture.seen)
    is_wanted = not target or revision == target
    return not is_wanted and revision == kind.revision_with(picture.seen, found.former)


def to_let_in(kind: Workload, turn: Turn, picture: Picture, in_hand: Collection[str]) -> list[Json]:
    """New pods that were kept out and have nothing to prove: they have the former revision, and
    the rollout waits for none of them."""
    return [
        pod
        for place, pod in kind.places(picture.seen).items()
        if pod is not None
        and place not in in_hand
        and is_new(turn, picture, pod)
        and is_former(kind, picture, pod)
    ]


def unproven(
    kind: Workload, turn: Turn, picture: Picture, former: str, *, is_stepped: bool
) -> list[Json]:
    """New pods that nothing has proven: not at the `former` revision, which users knew before.
    Where no pod was replaced (`is_stepped`), what those in rotation have is no news either."""
    seen, known = picture.seen, {former}
    if not is_stepped:
        served = (p for p in seen.pods if picture.is_in(p) and OUT not in annotations_of(p))
        known |= {kind.revision_of(seen, pod) for pod in served}
    return [
        pod
        for pod in seen.pods
        if is_new(turn, picture, pod) and kind.revision_of(seen, pod) not in known
    ]


def is_new(turn: Turn, picture: Picture, pod: Json) -> bool:
    """Whether it is out because it came while the pool was ours, and the rollout has not said a
    word about it yet."""
    if turn.kind is Rotation.DELETE or picture.is_in(pod) or is_terminating(pod):
        return False
    how = annotations_of(pod).get(OUT)
    is_coming = how is None and uid_of(pod) in picture.kept_out  # it will be noted in a moment
    return how == NEW or is_coming or (turn.kind is Rotation.SELECTOR and how != DRAINED)

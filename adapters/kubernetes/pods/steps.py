"""What to do next to replace the pod of one place, from what is seen and what is wanted. Pure.

Every step is decided anew by what is there, so it does not matter who did the one before, or
whether that was a process that was killed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.kubernetes.pod import (
    DRAINED,
    OUT,
    annotations_of,
    is_over,
    is_ready,
    is_terminating,
    name_of,
    uid_of,
    why_not_ready,
)
from adapters.kubernetes.pods.lines import Picture, admin_of, is_new
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.workloads.base import Json, Workload
from adapters.kubernetes.pods.workloads.sizes import is_active
from controller.core.pool import Admin
from controller.pools.kubernetes import Rotation


class Act(StrEnum):
    DONE = "done"
    WAIT = "wait"
    OUT = "flip it out"
    """A new pod that nothing has proven yet: it is not in rotation, and noted as being in hand."""
    EVICT = "evict it"
    LET_GO = "have its controller take it"
    """As `EVICT`, where the controller takes the pod away: the fields say so."""
    ADVANCE = "let its place have the new revision"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Next:
    act: Act
    why: str = ""
    """For people: what is waited for, or why it failed."""
    pod: Json | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    also: Json = field(default_factory=dict)
    """What else to patch of the metadata of the pod that is flipped."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a step is to bring about."""

    place: str
    meant: frozenset[str]
    """UIDs of the pods that were in the place when the step was asked for; empty: whoever is."""
    target: str
    """The revision; empty: it is not known yet."""
    noted: frozenset[str] = frozenset()
    """UIDs of pods that this process has noted as being in hand: what is seen may be older."""
    before: frozenset[str] = frozenset()
    """UIDs of the pods of the workload that were there when the step began."""


def next_step(kind: Workload, turn: Turn, picture: Picture, wanted: Wanted) -> Next:
    """The one next thing to do."""
    if not wanted.target:
        return Next(Act.WAIT, "the controller of the workload has not taken up its template yet")
    seen = picture.seen
    places = kind.places(seen)
    if wanted.place not in places and kind.retires:
        return _without(kind, turn, picture, wanted)
    pod = places.get(wanted.place)
    if pod is None or is_terminating(pod):
        if kind.evicts and (fields := kind.advance(seen, wanted.place)):
            return Next(Act.ADVANCE, fields=fields)
        what = f"{name_of(pod)} is terminating" if pod is not None else "its next pod is not there"
        return Next(Act.WAIT, what)
    if kind.revision_of(seen, pod) == wanted.target:
        return _arrived(kind, turn, picture, wanted, pod)
    return _to_go(kind, turn, picture, wanted, pod)


def _without(kind: Workload, turn: Turn, picture: Picture, wanted: Wanted) -> Next:
    """No pod is to come in its place: there are enough once those that came meanwhile are Ready,
    since one of them may be there instead of one that was lost."""
    seen = picture.seen
    for pod in seen.pods:
        is_late = uid_of(pod) not in wanted.before or is_new(turn, picture, pod)
        is_meant = is_active(pod) and kind.revision_of(seen, pod) == wanted.target
        if is_meant and is_late and not is_ready(pod):
            return Next(Act.WAIT, f"{name_of(pod)}: {why_not_ready(pod)}", pod=pod)
    return Next(Act.DONE, "there are enough pods: none comes in its place")


def _arrived(kind: Workload, turn: Turn, picture: Picture, wanted: Wanted, pod: Json) -> Next:
    is_newcomer = uid_of(pod) not in wanted.meant and turn.kind is not Rotation.DELETE
    if is_newcomer and not _is_in_hand(turn, picture, wanted, pod):
        return Next(Act.OUT, pod=pod, also=kind.seated(wanted.place))
    if is_ready(pod):
        return Next(Act.DONE, pod=pod)
    return Next(Act.WAIT, f"{name_of(pod)}: {why_not_ready(pod)}", pod=pod)


def _is_in_hand(turn: Turn, picture: Picture, wanted: Wanted, pod: Json) -> bool:
    """Whether it is out, and noted as one that the rollout has to let in."""
    if turn.is_born_in and picture.is_in(pod):
        return False
    return uid_of(pod) in wanted.noted or annotations_of(pod).get(OUT) == DRAINED


def _to_go(kind: Workload, turn: Turn, picture: Picture, wanted: Wanted, pod: Json) -> Next:
    name, is_newcomer = name_of(pod), uid_of(pod) not in wanted.meant
    if turn.kind is not Rotation.DELETE:
        admin = admin_of(turn, picture, pod)
        if admin is Admin.READY and is_newcomer and turn.is_born_in:
            return Next(Act.OUT, pod=pod)
        if admin is Admin.READY:
            return Next(Act.FAIL, f"{name} is in rotation: it is not evicted")
        if admin is Admin.DRAINING:
            return Next(Act.WAIT, f"a slice still lists {name}", pod=pod)
    elif is_newcomer and wanted.meant and is_ready(pod) and not is_over(pod):
        return Next(Act.FAIL, f"{name} is another pod than the one that was meant")
    if why := kind.blocked(picture.seen, wanted.place):
        return Next(Act.FAIL, why)
    if kind.evicts:
        return Next(Act.EVICT, pod=pod)
    return _let_go(kind, picture, wanted, pod)


def _let_go(kind: Workload, picture: Picture, wanted: Wanted, pod: Json) -> Next:
    """First it must be the one that goes; what goes in its stead serves nobody, and is let go."""
    also = kind.leaving(pod, wanted.place)
    marks = also.get("annotations", {})
    if any(annotations_of(pod).get(key) != value for key, value in marks.items()):
        return Next(Act.OUT, pod=pod, also=also)
    fields = kind.advance(picture.seen, wanted.place)
    if not fields:
        return Next(Act.WAIT, f"{name_of(pod)} has not been taken away yet", pod=pod)
    return Next(Act.LET_GO, pod=kind.goes_first(picture.seen, pod) or pod, fields=fields)


def lacking(kind: Workload, picture: Picture, place: str) -> frozenset[str]:
    """Other places whose pod gets no traffic now: as the slices say, not as a budget counts."""
    return frozenset(
        other
        for other, pod in kind.places(picture.seen).items()
        if other != place and _lacks(kind, picture, pod)
    )


def _lacks(kind: Workload, picture: Picture, pod: Json | None) -> bool:
    """Where the controller takes pods away, a former one that is not Ready is the next to go, and
    nobody waits for it."""
    if kind.evicts:
        return pod is None or not picture.endpoint(pod).is_ready
    if pod is None or not picture.is_in(pod) or picture.endpoint(pod).is_ready:
        return False
    return kind.revision_of(picture.seen, pod) == kind.target(picture.seen)

"""What differs between kinds of workload. Pure: values in, values out; who reads and writes is
`adapters.kubernetes.pods.held` and `adapters.kubernetes.pods.tasks`.

Fields are paths below `spec` with their whole value, like {"minReadySeconds": 2592000}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.kubernetes.client.paths import Resource
from adapters.kubernetes.pod import owner_of, uid_of
from adapters.kubernetes.pods.patches import is_same
from controller.core.steps import Course

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A workload and what belongs to it, as seen at one moment."""

    workload: Json
    pods: tuple[Json, ...]
    """Its own alone."""
    revisions: tuple[Json, ...]
    """Its own alone; what they are is a matter of its kind (`Workload.history`)."""

    @property
    def is_caught_up(self) -> bool:
        return is_caught_up(self.workload)


class Workload(Protocol):
    """One kind of workload."""

    @property
    def resource(self) -> Resource: ...

    @property
    def history(self) -> Resource:
        """What keeps its revisions: ControllerRevisions or ReplicaSets."""

    @property
    def evicts(self) -> bool:
        """Whether we evict its pods; otherwise `advance` makes its controller take the one away
        that was taken out last, and an eviction is only tried (as a dry run) before."""

    @property
    def retires(self) -> bool:
        """Whether a place may end without a successor."""

    def owns(self, workload: Json, pod: Json) -> bool:
        """Whether it is a pod of that workload."""

    def refusals(self, seen: Seen, *, has_template: bool) -> Sequence[str]:
        """Why it cannot be stepped through as it stands; not asked of one that is held by us."""

    def notes(self, seen: Seen) -> Sequence[str]:
        """What is worth knowing of how it is stepped through."""

    def in_order(self, seen: Seen) -> str:
        """Why its pods can go in the order of `places` alone, and how that can be otherwise; empty:
        they can go in any."""

    def places(self, seen: Seen) -> Mapping[str, Json | None]:
        """Members in the order in which they should go → the pod that sits there; None: none yet,
        or no longer."""

    def unseen(self, seen: Seen) -> int:
        """How many places there are besides, whose names only their pods would tell."""

    def unnoticed(self, seen: Seen) -> Sequence[Json]:
        """New pods that came while nobody watched, and that a step would not come upon."""

    def place_of(self, pod: Json) -> str:
        """The member that a pod is, by itself alone; empty: that cannot be said."""

    def revision_of(self, seen: Seen, pod: Json) -> str: ...

    def target(self, seen: Seen) -> str:
        """The revision of the template as it stands; empty while its status lags behind."""

    def revision_with(self, seen: Seen, template: Json) -> str:
        """The known revision that has this template; empty: none."""

    def former(self, seen: Seen) -> Json | None:
        """The template before the present one, by its history; None: there is none."""

    def holding(self, seen: Seen, course: Course, template: Json) -> Mapping[str, Any]:
        """Fields to be set in one patch with `template`, so that nothing moves by itself then."""

    def eases(self, seen: Seen) -> Mapping[str, Any] | None:
        """What to set of what `holding` set, once that has taken effect; empty: nothing; None: it
        has not yet."""

    def advance(self, seen: Seen, place: str) -> Mapping[str, Any]:
        """Fields to be set so that the place whose pod goes gets the revision of the template;
        empty: it does so anyway."""

    def blocked(self, seen: Seen, place: str) -> str:
        """Why it cannot be this place's turn: what is to come would take others with it; empty: it
        can."""

    def goes_first(self, seen: Seen, pod: Json) -> Json | None:
        """The pod that its controller would take away instead of this one; None: none."""

    def leaving(self, pod: Json, place: str) -> Json:
        """What else to patch of the metadata of a pod that is taken out."""

    def returning(self, pod: Json) -> Json:
        """The same, of one that is let in again."""

    def seated(self, place: str) -> Json:
        """The same, of a new pod that has come to a place; empty: its name says that."""

    def let_go(self, seen: Seen, fields: Mapping[str, Any]) -> str:
        """Why its `fields`, put back as they were found, would make it move pods by itself; empty:
        nothing would move."""


def is_caught_up(workload: Json) -> bool:
    """Whether its status speaks of its spec as it is now."""
    seen = (workload.get("status") or {}).get("observedGeneration", 0)
    return bool(seen >= workload["metadata"].get("generation", 0))


def revisions_of(seen: Seen, kind: Workload) -> set[str]:
    """Those of the pods that are there."""
    return {kind.revision_of(seen, pod) for pod in seen.pods}


def is_owned(workload: Json, pod: Json) -> bool:
    """Whether the workload itself controls it."""
    own = owner_of(pod)
    return own is not None and own.uid == uid_of(workload)


def owned(workload: Json, found: Sequence[Json]) -> tuple[Json, ...]:
    return tuple(one for one in found if is_owned(workload, one))


def newest_first(revisions: Sequence[Json]) -> list[Json]:
    """ControllerRevisions, the one in force first."""
    return sorted(revisions, key=lambda one: -int(one.get("revision") or 0))


def template_of(revision: Json) -> Json | None:
    """Of a ControllerRevision."""
    template = ((revision.get("data") or {}).get("spec") or {}).get("template")
    if not isinstance(template, dict):
        return None
    return {key: value for key, value in template.items() if key != "$patch"}


def with_template(revisions: Sequence[Json], template: Json) -> Json | None:
    """The newest ControllerRevision that has this template."""
    for one in newest_first(revisions):
        if is_same(template_of(one), template):
            return one
    return None


def before(revisions: Sequence[Json], template: Json) -> Json | None:
    """The template of the newest ControllerRevision that has another one."""
    for one in newest_first(revisions):
        known = template_of(one)
        if known is not None and not is_same(known, template):
            return known
    return None
